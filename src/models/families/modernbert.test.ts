import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { keptKeys, slidingWindow, topK } from "../../attention/index.ts";
import type { Node } from "../../graph/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import { parseEncoderConfig, toHuggingFaceConfig, withLabels } from "../config/config.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { initialise, parameterSpecs } from "../initialise.ts";
import { buildModel } from "../model-graph.ts";
import { compute, contextOf, feedsOf } from "../run-graph.fixture.ts";
import { validPairs } from "../visibility.ts";
import { readSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import { weightsFrom } from "../weights/weights.ts";

const tiny = {
  ...{ model_type: "modernbert", vocab_size: 40, hidden_size: 12, num_hidden_layers: 4, num_attention_heads: 3 },
  ...{ intermediate_size: 20, local_attention: 4, pad_token_id: 0, initializer_range: 0.4, num_labels: 3 },
};
const config = parseEncoderConfig(tiny);
const rows = [[2, 7, 9, 11, 5, 3], [2, 30, 3], [2, 8, 8, 21, 39, 14, 6, 17, 25, 33, 12, 3], [2]];
const nameOf = ({ attrs }: Node): string => attrs.name as string;
const byLayer = (nodes: readonly Node[]): Record<string, Node> =>
  Object.fromEntries(nodes.map((node, layer) => [`layer ${layer}`, node]));
const weights = initialise(config, 5);
const weightOf = (name: string): Float32Array => weights.get(name)!;

describe("ModernBERT's config.json", () => {
  // Values of ModernBertConfig() in transformers 5.23.
  const defaults: EncoderConfig = {
    ...{ family: "modernbert", task: "single_label_classification", vocabSize: 50368, hiddenSize: 768, embeddingSize: 768 },
    ...{ layers: 22, heads: 12, intermediateSize: 1152, maxPositions: 8192, positionOffset: 0, typeVocabSize: 0 },
    ...{ layerNormEps: 1e-5, hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, activation: "gelu" },
    ...{ initializerRange: 0.02, padTokenId: 50283, labels: ["LABEL_0", "LABEL_1"], numLabels: 2, sinusoidalPositions: false },
    modern: {
      globalLayers: Array.from({ length: 22 }, (_, layer) => layer % 3 === 0),
      windowRadius: 64,
      ropeTheta: { global: 160_000, local: 10_000 },
      biases: { attention: false, mlp: false, norm: false, head: false, decoder: true },
      pooling: "cls",
      headActivation: "gelu",
      embeddingDropout: 0,
      initializerCutoff: 2,
    },
  };
  test("absent keys get the defaults of transformers' class", () => {
    assert.deepEqual(parseEncoderConfig({ model_type: "modernbert" }), defaults);
  });
  test("the spellings before and since transformers 5 mean the same", () => {
    const older = { global_attn_every_n_layers: 2, global_rope_theta: 500, local_rope_theta: 20 };
    const newer = {
      layer_types: ["full_attention", "sliding_attention", "full_attention", "sliding_attention"],
      rope_parameters: {
        full_attention: { rope_type: "default", rope_theta: 500 },
        sliding_attention: { rope_type: "default", rope_theta: 20 },
      },
    };
    const parsed = parseEncoderConfig({ ...tiny, ...newer });
    assert.deepEqual(parseEncoderConfig({ ...tiny, ...older }), parsed);
    assert.deepEqual(parsed.modern!.globalLayers, [true, false, true, false]);
    assert.deepEqual(parsed.modern!.ropeTheta, { global: 500, local: 20 });
    const both = { ...newer, global_attn_every_n_layers: 3, global_rope_theta: 1, local_rope_theta: 1 };
    assert.deepEqual(parseEncoderConfig({ ...tiny, ...both }), parsed, "the newer spelling wins");
  });
  test("half the window lies on either side, rounded down", () => {
    const radius = (local_attention: number): number => parseEncoderConfig({ ...tiny, local_attention }).modern!.windowRadius;
    assert.deepEqual([128, 7, 6, 1].map(radius), [64, 3, 3, 0]);
  });
  const odd = {
    ...{ ...tiny, hidden_activation: "silu", norm_eps: 1e-3, embedding_dropout: 0.1, attention_dropout: 0.2 },
    ...{ mlp_dropout: 0.3, classifier_dropout: 0.4, attention_bias: true, mlp_bias: true, norm_bias: true },
    ...{ classifier_bias: true, decoder_bias: false, classifier_pooling: "mean", classifier_activation: "relu" },
    ...{ initializer_cutoff_factor: 3, global_rope_theta: 77, local_rope_theta: 7 },
    layer_types: ["sliding_attention", "full_attention", "full_attention", "sliding_attention"],
  };
  for (const [title, json] of Object.entries({ defaults: { model_type: "modernbert" }, "a tiny one": tiny, "an odd one": odd })) {
    test(`${title} reads back as it was, with every head`, () => {
      const heads: [TaskName, string][] = [
        ["single_label_classification", "ModernBertForSequenceClassification"],
        ["regression", "ModernBertForSequenceClassification"],
        ["token_classification", "ModernBertForTokenClassification"],
        ["masked_lm", "ModernBertForMaskedLM"],
      ];
      for (const [task, architecture] of heads) {
        const given = withLabels(parseEncoderConfig(json), ["a", "b"], task);
        const written = JSON.parse(JSON.stringify(toHuggingFaceConfig(given)));
        assert.deepEqual(parseEncoderConfig(written), given);
        assert.deepEqual(written.architectures, [architecture]);
      }
    });
  }
  test("transformers before 5 find their keys where they can say it", () => {
    const every = (json: object): unknown =>
      toHuggingFaceConfig(parseEncoderConfig({ ...tiny, ...json })).global_attn_every_n_layers;
    assert.deepEqual([every({}), every({ global_attn_every_n_layers: 1 }), every({ global_attn_every_n_layers: 9 })], [3, 1, 4]);
    assert.equal(every({ layer_types: odd.layer_types }), undefined);
  });
  for (const [json, code, message] of [
    [{ num_attention_heads: 4 }, "config/unsupported", /an even head width, for rotary positions, got 3/],
    [{ layer_types: ["full_attention"] }, "config/type", /layer_types to be 4 times "full_attention" or/],
    [{ layer_types: Array(4).fill("chunked_attention") }, "config/type", /layer_types/],
    [{ rope_parameters: { full_attention: { rope_type: "yarn" } } }, "config/unsupported", /rope_type "default", got "yarn"/],
    [{ rope_parameters: { sliding_attention: { rope_theta: -1 } } }, "config/type", /sliding_attention\.rope_theta/],
    [{ rope_parameters: "default" }, "config/type", /rope_parameters to be an object/],
    [{ rope_scaling: { factor: 2 } }, "config/unsupported", /no rope_scaling/],
    [{ local_rope_theta: null }, "config/type", /local_rope_theta to be a number above 0, got null/],
    [{ classifier_pooling: "max" }, "config/type", /classifier_pooling to be "cls" or "mean", got "max"/],
    [{ tie_word_embeddings: false }, "config/unsupported", /tie_word_embeddings true, got false/],
    [{ local_attention: 0 }, "config/type", /local_attention/],
  ] as const) {
    test(`refused with its reason: ${JSON.stringify(json)}`, () => {
      assert.throws(() => parseEncoderConfig({ ...tiny, ...json }), { code, message });
    });
  }
});

describe("ModernBERT's graph", () => {
  test("no biases but the classifier's, unless the configuration has them; the first layer has no norm before its attention", () => {
    const names = (json: object, task: TaskName = "single_label_classification"): string[] =>
      parameterSpecs(withLabels(parseEncoderConfig({ ...tiny, num_hidden_layers: 2, ...json }), ["a", "b"], task)).map(
        ({ name }) => name,
      );
    const layer = (at: number): string[] =>
      [...(at > 0 ? ["attn_norm"] : []), "attn.Wqkv", "attn.Wo", "mlp_norm", "mlp.Wi", "mlp.Wo"].map(
        (part) => `model.layers.${at}.${part}.weight`,
      );
    const encoder = [
      ...["model.embeddings.tok_embeddings.weight", "model.embeddings.norm.weight"],
      ...[...layer(0), ...layer(1), "model.final_norm.weight"],
    ];
    const head = ["head.dense.weight", "head.norm.weight"];
    assert.deepEqual(names({}), [...encoder, ...head, "classifier.weight", "classifier.bias"]);
    assert.deepEqual(names({}, "token_classification"), names({}));
    assert.deepEqual(names({}, "masked_lm"), [...encoder, ...head, "decoder.bias"]);
    assert.deepEqual(names({ decoder_bias: false }, "masked_lm"), [...encoder, ...head]);
    const all = Object.fromEntries(["attention", "mlp", "norm", "classifier"].map((part) => [`${part}_bias`, true]));
    const both = [...encoder.slice(1), ...head, "classifier.weight"].flatMap((name) => [name, name.replace(/weight$/, "bias")]);
    assert.deepEqual(names(all), [encoder[0], ...both]);
  });
  test("norms and biases do not decay", () => {
    for (const { name, shape, decay } of parameterSpecs(parseEncoderConfig({ ...tiny, norm_bias: true, mlp_bias: true })))
      assert.equal(decay, shape.length === 2, name);
  });
  test("dropout stands where transformers has it, each site with its own setting, and nowhere in evaluation", () => {
    const set = { embedding_dropout: 0.1, attention_dropout: 0.2, mlp_dropout: 0.3, classifier_dropout: 0.4 };
    const sites = (training: boolean, json: object = set): (readonly [string, number])[] =>
      buildModel(parseEncoderConfig({ ...tiny, ...json }), { training }).inputs.flatMap(({ node, fill }) =>
        fill.kind === "dropout" ? [[nameOf(node).replace("dropout.", ""), fill.probability] as const] : [],
      );
    const layers = [0, 1, 2, 3].flatMap((layer) => [
      [`layer.${layer}.attentionProbabilities`, 0.2] as const,
      [`layer.${layer}.attentionOutput`, 0.2] as const,
      [`layer.${layer}.feedForward`, 0.3] as const,
    ]);
    assert.deepEqual(sites(true), [["embeddings", 0.1], ...layers, ["classifier", 0.4]]);
    assert.deepEqual(sites(false), []);
    assert.deepEqual(sites(true, {}), []);
  });
  for (const where of ["float64", "onnx"] as const) {
    test(`${where}: a local layer sees its window alone, and rows of padding hold exact zeros, however far it reaches`, async () => {
      const graph = buildModel(config, { training: false });
      const context = contextOf(rows, {}, 9);
      const { n } = context.bindings;
      const out = await compute(where, byLayer(graph.probabilities), feedsOf(graph, context, weightOf), context.bindings);
      for (let layer = 0; layer < 4; layer++) {
        const all = Array.from(out[`layer ${layer}`]);
        for (let at = 0; at < all.length; at += n) {
          const [length, query] = [rows[Math.floor(at / (3 * n * n))].length, (at / n) % n];
          const row = all.slice(at, at + n);
          const sees = (key: number): boolean =>
            query < length && key < length && (layer % 3 === 0 || Math.abs(key - query) <= 2);
          for (const [key, p] of row.entries())
            assert.ok(sees(key) ? p > 0 : p === 0, `layer ${layer}, ${query} to ${key}: ${p}`);
          const sum = row.reduce((a, b) => a + b, 0);
          assert.ok(Math.abs(sum - Number(query < length)) < 1e-6, `${sum}`);
        }
      }
    });
    test(`${where}: training without dropout gives the logits of evaluation`, async () => {
      for (const json of [tiny, { ...tiny, attention_bias: true, mlp_bias: true }]) {
        const drawn = initialise(parseEncoderConfig(json), 6);
        const logits = async (training: boolean): Promise<number[]> => {
          const graph = buildModel(parseEncoderConfig(json), { training });
          const feeds = feedsOf(graph, contextOf(rows), (name) => drawn.get(name)!.map((v, at) => v + 0.1 * Math.sin(at)));
          return Array.from((await compute(where, { logits: graph.logits }, feeds, contextOf(rows).bindings)).logits);
        };
        const [a, b] = [await logits(true), await logits(false)];
        for (const [at, value] of a.entries()) assert.ok(Math.abs(value - b[at]) < 1e-5, `${value} and ${b[at]}`);
      }
    });
    test(`${where}: pairs are counted within each layer's window; a pattern takes its share of what a query has there`, async () => {
      const counted = async (plan?: Parameters<typeof buildModel>[1]["plan"]): Promise<number[][]> => {
        const graph = buildModel(config, { training: false, ...(plan && { plan }) });
        const out = await compute(where, byLayer(graph.keptPairs), feedsOf(graph, contextOf(rows, {}, 5), weightOf), {
          ...contextOf(rows, {}, 5).bindings,
        });
        return [0, 1, 2, 3].map((layer) => Array.from(out[`layer ${layer}`]));
      };
      /** Keys a query has in a layer. */
      const keys = (layer: number, query: number, length: number): number =>
        layer % 3 === 0 ? length : Math.min(length, query + 3) - Math.max(0, query - 2);
      const want = (kept: (keys: number) => number): number[][] =>
        [0, 1, 2, 3].map((layer) =>
          rows.map(
            ({ length }) => 3 * Array.from({ length }, (_, at) => kept(keys(layer, at, length))).reduce((a, b) => a + b, 0),
          ),
        );
      const dense = await counted();
      assert.deepEqual(
        dense,
        want((count) => count),
      );
      for (const [row, { length }] of rows.entries())
        assert.equal(
          dense.reduce((sum, layer) => sum + layer[row], 0),
          validPairs(config, length),
        );
      assert.deepEqual(
        await counted({ pattern: topK({ sparsity: 0.5 }) }),
        want((count) => keptKeys(0.5, count)),
      );
      const narrow = await counted({ pattern: slidingWindow({ radius: 1 }) });
      assert.deepEqual(narrow[1], narrow[0], "a narrower window of the plan's own applies in both kinds of layers");
      const wide = await counted({ pattern: slidingWindow({ radius: 4 }) });
      assert.deepEqual(wide[1], dense[1], "a wider one does not widen the model's");
    });
  }
});

test("valid pairs of a model without windows are n² a head and layer; a window wider than the text changes nothing", () => {
  const bert = parseEncoderConfig({ model_type: "bert" });
  assert.deepEqual(
    [0, 1, 10].map((length) => validPairs(bert, length)),
    [0, 144, 14_400],
  );
  const wide = { ...config, modern: { ...config.modern!, windowRadius: 64 } };
  assert.deepEqual(
    [0, 1, 2, 10].map((length) => validPairs(wide, length)),
    [0, 12, 48, 1200],
  );
});

describe("ModernBERT's fresh weights", () => {
  const wide = parseEncoderConfig({
    ...tiny,
    hidden_size: 96,
    num_attention_heads: 4,
    intermediate_size: 80,
    initializer_range: 0.05,
  });
  test("are cut off at two deviations, and smaller the deeper the encoder, as in transformers' _init_weights", () => {
    const drawn = initialise(wide, 3);
    // of a normal distribution cut off at ±2 deviations
    const left = 0.8796256610342398;
    for (const { name, shape, norm } of parameterSpecs(wide)) {
      if (shape.length !== 2 || norm) continue;
      const deep = /\.Wo\.weight$|^head\.dense/.test(name);
      const deviation = name === "classifier.weight" ? 96 ** -0.5 : deep ? 0.05 / Math.sqrt(8) : 0.05;
      const values = drawn.get(name)!;
      const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
      const spread = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length) / deviation;
      assert.ok(largest <= 2 * deviation * (1 + 1e-6) && largest > 1.8 * deviation, `${name}: ${largest / deviation}`);
      assert.ok(Math.abs(spread / left - 1) < 5 / Math.sqrt(2 * values.length), `${name}: ${spread}`);
    }
  });
  test("no row of the words is zero, biases are 0 and norms 1", () => {
    const drawn = initialise(
      { ...wide, modern: { ...wide.modern!, biases: { ...wide.modern!.biases, norm: true, mlp: true } } },
      3,
    );
    assert.ok(
      drawn
        .get("model.embeddings.tok_embeddings.weight")!
        .subarray(0, 96)
        .some((v) => v !== 0),
    );
    for (const [name, values] of drawn) {
      const want = name.endsWith("bias") ? 0 : name.includes("norm") ? 1 : undefined;
      if (want !== undefined)
        assert.ok(
          values.every((v) => v === want),
          name,
        );
    }
  });
});

describe("ModernBERT's checkpoints", () => {
  const options = { seed: 3, where: "model.safetensors" };
  type Tensors = Map<string, { shape: readonly number[]; data: Float32Array }>;
  const checkpoint = (task: TaskName): Tensors => {
    const stored = withLabels(config, ["a", "b", "c"], task);
    const values = initialise(stored, 11);
    return new Map(parameterSpecs(stored).map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
  };
  const load = (tensors: Tensors, given: EncoderConfig = config) =>
    weightsFrom(given, readSafetensors(Buffer.concat(writeSafetensors(tensors)), options.where), options);

  test("pre-trained on masked tokens: the classifier alone is fresh, the head is taken and the decoder left", () => {
    const stored = checkpoint("masked_lm").set("decoder.weight", { shape: [40, 12], data: new Float32Array(480) });
    const { weights: taken, fresh } = load(stored);
    assert.deepEqual(fresh, ["classifier.weight", "classifier.bias"]);
    assert.deepEqual(taken.get("head.dense.weight"), stored.get("head.dense.weight")!.data);
  });
  test("the decoder of masked tokens is the word embeddings; another one is refused", () => {
    const target = withLabels(config, [], "masked_lm");
    const stored = checkpoint("masked_lm");
    assert.deepEqual(load(stored, target).fresh, []);
    const words = stored.get("model.embeddings.tok_embeddings.weight")!;
    assert.deepEqual(load(new Map([...stored, ["decoder.weight", words]]), target).fresh, []);
    const untied = new Map([...stored, ["decoder.weight", { ...words, data: words.data.map((v) => -v) }]]);
    assert.throws(() => load(untied, target), { code: "weights/untied" });
  });
  test("a bare encoder: head and classifier are fresh", () => {
    const bare: Tensors = new Map();
    for (const [name, tensor] of checkpoint("masked_lm")) if (name.startsWith("model.")) bare.set(name.slice(6), tensor);
    assert.deepEqual(load(bare).fresh, ["head.dense.weight", "head.norm.weight", "classifier.weight", "classifier.bias"]);
  });
  test("a bias that the configuration does not have is refused", () => {
    const more = checkpoint("token_classification").set("model.layers.1.mlp.Wo.bias", {
      shape: [12],
      data: new Float32Array(12),
    });
    assert.throws(() => load(more), { code: "weights/mismatch", message: /1 extra \(model\.layers\.1\.mlp\.Wo\.bias\)/ });
  });
});
