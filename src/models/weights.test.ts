import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type EncoderConfig,
  initialise,
  parameterSpecs,
  parseEncoderConfig,
  readSafetensors,
  type StoredTensor,
  weightsFrom,
  writeSafetensors,
} from "./index.ts";

const bert = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 9, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ intermediate_size: 6, max_position_embeddings: 5, num_labels: 2 },
});
const distilbert = parseEncoderConfig({
  ...{ model_type: "distilbert", vocab_size: 9, dim: 4, n_layers: 2, n_heads: 2, hidden_dim: 6, max_position_embeddings: 5 },
});
const options = { seed: 3, where: "model.safetensors" };

type Tensors = Map<string, { shape: readonly number[]; data: Float32Array }>;
/** A checkpoint of a classifier, before it is changed. */
function checkpoint(config: EncoderConfig): Tensors {
  const values = initialise(config, 11);
  return new Map(parameterSpecs(config).map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
}
const renamed = (tensors: Tensors, rename: (name: string) => string): Tensors =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));
const without = (tensors: Tensors, pattern: RegExp): Tensors => new Map([...tensors].filter(([name]) => !pattern.test(name)));
const zeros = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const stored = (tensors: Tensors): { tensors: ReadonlyMap<string, StoredTensor> } =>
  readSafetensors(Buffer.concat(writeSafetensors(tensors)), options.where);
const load = (config: EncoderConfig, tensors: Tensors) => weightsFrom(config, stored(tensors), options);

for (const [family, config] of Object.entries({ bert, distilbert })) {
  describe(`weights of ${family}`, () => {
    const tensors = checkpoint(config);
    const values = initialise(config, 11);

    test("a full classifier is taken as it is", () => {
      assert.deepEqual(load(config, tensors), { weights: values, fresh: [] });
    });
    test("a bare encoder's names have no prefix; its head is drawn from the seed", () => {
      const bare = renamed(without(tensors, /^(classifier|pre_classifier)\./), (name) => name.replace(`${family}.`, ""));
      const { weights, fresh } = load(config, bare);
      const head = family === "bert" ? [] : ["pre_classifier.weight", "pre_classifier.bias"];
      assert.deepEqual(fresh, [...head, "classifier.weight", "classifier.bias"]);
      const drawn = initialise(config, options.seed);
      for (const [name, value] of weights) assert.deepEqual(value, (fresh.includes(name) ? drawn : values).get(name), name);
    });
    test("a classifier of another number of classes is drawn afresh, the rest is kept", () => {
      const { weights, fresh } = load({ ...config, numLabels: 5, labels: ["a", "b", "c", "d", "e"] }, tensors);
      assert.deepEqual(fresh, ["classifier.weight", "classifier.bias"]);
      assert.deepEqual([weights.get("classifier.weight")!.length, weights.get("classifier.bias")!.length], [20, 5]);
    });
    test("heads of pre-training and question answering, and buffers, do no harm", () => {
      const others = {
        bert: ["cls.predictions.bias", "cls.seq_relationship.weight", "fit_denses.0.bias"],
        distilbert: ["vocab_transform.weight", "vocab_layer_norm.bias", "vocab_projector.bias"],
      }[family]!;
      const more = new Map([...tensors, [`${family}.embeddings.position_ids`, zeros(1, 5)] as const]);
      for (const name of [...others, "qa_outputs.weight"]) more.set(name, zeros(3));
      assert.deepEqual(load(config, more), { weights: values, fresh: [] });
    });
    test("missing, misshapen and extra tensors are named in one error", () => {
      const changed = without(tensors, /word_embeddings|embeddings\.LayerNorm\.bias/);
      const table = `${family}.embeddings.position_embeddings.weight`;
      changed.set(table, zeros(6, 4)).set("encoder.layer.7.new.weight", zeros(2)).set("lm_head.bias", zeros(2));
      assert.throws(() => load(config, changed), {
        code: "weights/mismatch",
        message:
          `model.safetensors: expected the ${tensors.size} tensors of a ${family} with this config.json, got ` +
          `2 missing (${family}.embeddings.word_embeddings.weight, ${family}.embeddings.LayerNorm.bias); ` +
          `1 misshapen (${table} [6, 4] instead of [5, 4]); ` +
          "2 extra (encoder.layer.7.new.weight, lm_head.bias). Take both files from one model.",
        details: {
          missing: [`${family}.embeddings.word_embeddings.weight`, `${family}.embeddings.LayerNorm.bias`],
          misshapen: [`${table} [6, 4] instead of [5, 4]`],
          extra: ["encoder.layer.7.new.weight", "lm_head.bias"],
        },
      });
    });
  });
}

test("TensorFlow's gamma and beta are weight and bias", () => {
  const old = renamed(checkpoint(bert), (name) =>
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
  );
  assert.ok(old.has("bert.embeddings.LayerNorm.gamma"));
  assert.deepEqual(load(bert, old), { weights: initialise(bert, 11), fresh: [] });
});
test("a BERT that was pre-trained without a pooler gets a fresh one", () => {
  const { fresh } = load(bert, without(checkpoint(bert), /pooler|classifier/));
  assert.deepEqual(fresh, ["bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"]);
});
test("the same parameter under two names is refused", () => {
  const twice = checkpoint(bert).set("pooler.dense.bias", zeros(4));
  assert.throws(() => load(bert, twice), { code: "weights/mismatch", message: /1 extra \(pooler\.dense\.bias\)/ });
});
test("half-precision checkpoints are widened", () => {
  const { tensors } = stored(checkpoint(bert));
  const name = "bert.pooler.dense.bias";
  const half = writeHalf(name, [4], [0x3c00, 0xc000, 0x3555, 0x0001]); // 1, −2, 0.333251953125, 2⁻²⁴
  const { weights } = weightsFrom(bert, { tensors: new Map([...tensors, ...half]) }, options);
  assert.deepEqual([...weights.get(name)!], [1, -2, 0.333251953125, 2 ** -24]);
});
test("a parameter of whole numbers is refused", () => {
  const { tensors } = stored(checkpoint(bert));
  const whole = writeHalf("bert.pooler.dense.bias", [4], [0, 1, 2, 3], "I16");
  assert.throws(() => weightsFrom(bert, { tensors: new Map([...tensors, ...whole]) }, options), {
    code: "safetensors/not-float",
  });
});
test("of many names ten are listed, and all are in the details", () => {
  const tensors = without(checkpoint(distilbert), /layer\.1\./);
  assert.throws(
    () => load(distilbert, tensors),
    ({ message, details }: { message: string; details: { missing: string[] } }) => {
      assert.match(message, /got 16 missing \(([^,)]+, ){10}…\)\. Take/);
      return details.missing.length === 16;
    },
  );
});

function writeHalf(name: string, shape: number[], bits: number[], dtype = "F16"): ReadonlyMap<string, StoredTensor> {
  const header = Buffer.from(JSON.stringify({ [name]: { dtype, shape, data_offsets: [0, bits.length * 2] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return readSafetensors(Buffer.concat([length, header, Buffer.from(Uint16Array.from(bits).buffer)]), options.where).tensors;
}
