import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TaskName } from "../../tasks/index.ts";
import { parseEncoderConfig, withLabels } from "../config/config.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { families } from "../families/families.ts";
import { initialise, parameterSpecs } from "../initialise.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "./safetensors.ts";
import { weightsFrom } from "./weights.ts";

const bert = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 9, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ intermediate_size: 6, max_position_embeddings: 5, num_labels: 2 },
});
const distilbert = parseEncoderConfig({
  ...{ model_type: "distilbert", vocab_size: 9, dim: 4, n_layers: 2, n_heads: 2, hidden_dim: 6, max_position_embeddings: 5 },
});
const small = { vocab_size: 9, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 6, max_position_embeddings: 5 };
const denseHead = ["dense.weight", "dense.bias", "out_proj.weight", "out_proj.bias"].map((name) => `classifier.${name}`);
const linearHead = ["classifier.weight", "classifier.bias"];
const robertas = ["roberta", "xlm-roberta"].map((model_type) => ({
  config: parseEncoderConfig({ model_type, hidden_size: 4, ...small }),
  prefix: "roberta",
  head: denseHead,
  carried: ["lm_head.dense.weight", "lm_head.decoder.weight", "lm_head.bias", "roberta.pooler.dense.weight"],
}));
/** Each with its head, and what its published checkpoints carry beside the encoder. */
const subjects: readonly { config: EncoderConfig; prefix: string; head: string[]; carried: string[] }[] = [
  {
    config: bert,
    prefix: "bert",
    head: linearHead,
    carried: ["cls.predictions.bias", "cls.seq_relationship.weight", "fit_denses.0.bias"],
  },
  {
    config: distilbert,
    prefix: "distilbert",
    head: ["pre_classifier.weight", "pre_classifier.bias", ...linearHead],
    carried: ["vocab_transform.weight", "vocab_layer_norm.bias", "vocab_projector.bias"],
  },
  ...robertas,
  {
    config: parseEncoderConfig({ model_type: "electra", hidden_size: 6, embedding_size: 4, ...small }),
    prefix: "electra",
    head: denseHead,
    carried: [
      ...["discriminator_predictions.dense.weight", "discriminator_predictions.dense_prediction.bias"],
      ...["generator_predictions.LayerNorm.weight", "generator_lm_head.weight"],
    ],
  },
  {
    config: parseEncoderConfig({ model_type: "albert", hidden_size: 6, embedding_size: 4, ...small }),
    prefix: "albert",
    head: linearHead,
    carried: ["predictions.decoder.weight", "predictions.LayerNorm.bias", "sop_classifier.classifier.weight"],
  },
  {
    config: parseEncoderConfig({ model_type: "mpnet", hidden_size: 4, ...small }),
    prefix: "mpnet",
    head: denseHead,
    carried: ["lm_head.dense.weight", "lm_head.decoder.bias", "lm_head.bias", "mpnet.pooler.dense.weight"],
  },
  {
    config: parseEncoderConfig({ model_type: "deberta-v2", hidden_size: 4, ...small }),
    prefix: "deberta",
    head: ["pooler.dense.weight", "pooler.dense.bias", ...linearHead],
    carried: ["cls.predictions.bias", "lm_predictions.lm_head.dense.weight", "mask_predictions.classifier.weight"],
  },
];
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

for (const { config, prefix, head, carried } of subjects) {
  const { family } = config;
  describe(`weights of ${family}`, () => {
    const tensors = checkpoint(config);
    const values = initialise(config, 11);

    test("a full classifier is taken as it is", () => {
      assert.deepEqual(load(config, tensors), { weights: values, fresh: [] });
    });
    test("a bare encoder's names have no prefix; its head is drawn from the seed", () => {
      const bare = renamed(without(tensors, /^(classifier|pre_classifier|pooler)\./), (name) => name.replace(`${prefix}.`, ""));
      const { weights, fresh } = load(config, bare);
      assert.deepEqual(fresh, head);
      const drawn = initialise(config, options.seed);
      for (const [name, value] of weights) assert.deepEqual(value, (fresh.includes(name) ? drawn : values).get(name), name);
    });
    test("a classifier of another number of classes is drawn afresh, the rest is kept", () => {
      const { weights, fresh } = load({ ...config, numLabels: 5, labels: ["a", "b", "c", "d", "e"] }, tensors);
      assert.deepEqual(fresh, head.slice(-2));
      const sizes = fresh.map((name) => weights.get(name)!.length);
      assert.deepEqual(sizes, [5 * config.hiddenSize, 5]);
    });
    test("heads of pre-training and question answering, and buffers, do no harm", () => {
      const names = [`${prefix}.embeddings.position_ids`, "embeddings.token_type_ids", "qa_outputs.weight", ...carried];
      const more = new Map([...tensors, ...names.map((name) => [name, zeros(1, 5)] as const)]);
      assert.deepEqual(load(config, more), { weights: values, fresh: [] });
    });
    test("missing, misshapen and extra tensors are named in one error", () => {
      const changed = without(tensors, /word_embeddings|embeddings\.LayerNorm\.bias/);
      const table = `${prefix}.embeddings.position_embeddings.weight`;
      changed.set(table, zeros(6, 4)).set("encoder.layer.7.new.weight", zeros(2)).set("odd_head.bias", zeros(2));
      assert.throws(() => load(config, changed), {
        code: "weights/mismatch",
        message:
          `model.safetensors: expected the ${tensors.size} tensors of a ${family} with this config.json, got ` +
          `2 missing (${prefix}.embeddings.word_embeddings.weight, ${prefix}.embeddings.LayerNorm.bias); ` +
          `1 misshapen (${table} [6, 4] instead of [5, 4]); ` +
          "2 extra (encoder.layer.7.new.weight, odd_head.bias). Take both files from one model.",
        details: {
          missing: [`${prefix}.embeddings.word_embeddings.weight`, `${prefix}.embeddings.LayerNorm.bias`],
          misshapen: [`${table} [6, 4] instead of [5, 4]`],
          extra: ["encoder.layer.7.new.weight", "odd_head.bias"],
        },
      });
    });
  });
}

test("a config far larger than its weights is refused before memory is taken for it", () => {
  const huge = parseEncoderConfig({ model_type: "bert", hidden_size: 12e8, vocab_size: 2 ** 31 - 1 });
  assert.throws(() => load(huge, checkpoint(bert)), {
    code: "weights/mismatch",
    message: /misshapen \(bert\.embeddings\.word_embeddings\.weight \[9, 4\] instead of \[2147483647, 1200000000\]/,
  });
});

describe("heads of other tasks", () => {
  const headOf = (config: EncoderConfig, task: TaskName): EncoderConfig => withLabels(config, ["a", "b"], task);
  for (const { config, prefix } of subjects) {
    const { family } = config;
    const tasks = ["single_label_classification", "token_classification", "masked_lm"] as const;
    for (const from of tasks) {
      for (const to of tasks.filter((task) => task !== from)) {
        test(`${family}: ${to} takes the encoder of ${from}, and draws what its head lacks`, () => {
          const [source, target] = [headOf(config, from), headOf(config, to)];
          const [given, drawn] = [initialise(source, 11), initialise(target, options.seed)];
          const { weights, fresh } = load(target, checkpoint(source));
          assert.deepEqual(
            fresh,
            [...drawn.keys()].filter((name) => !given.has(name)),
          );
          assert.ok(fresh.every((name) => !name.startsWith(`${prefix}.`) || name.includes(".pooler.")));
          for (const [name, value] of weights) assert.deepEqual(value, (given.has(name) ? given : drawn).get(name), name);
        });
      }
    }
    test(`${family}: a decoder that is the word embeddings is known, another one is refused`, () => {
      const target = headOf(config, "masked_lm");
      const decoder = families[family].decoder!;
      const tied = checkpoint(target);
      const words = tied.get(`${prefix}.embeddings.word_embeddings.weight`)!;
      assert.deepEqual(load(target, new Map([...tied, [decoder, words]])), { weights: initialise(target, 11), fresh: [] });
      const untied = new Map([...tied, [decoder, { ...words, data: words.data.map((value) => value + 1) }]]);
      assert.throws(() => load(target, untied), { code: "weights/untied", message: /to equal the word embeddings, got other/ });
      assert.deepEqual(load(headOf(config, "token_classification"), untied).fresh, linearHead);
    });
  }
  test("a bare encoder's pooler, under its short name, does no harm to a head without one", () => {
    const bare = renamed(without(checkpoint(bert), /^classifier\./), (name) => name.replace("bert.", ""));
    assert.ok(bare.has("pooler.dense.weight"));
    assert.deepEqual(load(headOf(bert, "token_classification"), bare).fresh, linearHead);
  });
});

test("sizes that the file does not hold are refused before the head is drawn", () => {
  const tensors = readSafetensors(new Uint8Array(Buffer.concat([...writeSafetensors([])])), "model.safetensors").tensors;
  for (const { config } of subjects) {
    const wide = { ...config, hiddenSize: 12e8, embeddingSize: 12e8 };
    assert.throws(() => weightsFrom(wide, { tensors }, options), { code: "weights/mismatch" });
  }
});

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
