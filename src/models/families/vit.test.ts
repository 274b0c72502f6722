import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { block, dense, inOrder, type Pattern, random, slidingWindow, strided, topK } from "../../attention/index.ts";
import type { BatchContext } from "../../batch/index.ts";
import { parseEncoderConfig, toHuggingFaceConfig, withLabels } from "../config/config.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { initialise, parameterSpecs } from "../initialise.ts";
import { buildModel } from "../model-graph.ts";
import { compute, contextOf, feedsOf } from "../run-graph.fixture.ts";
import { readSafetensors, writeSafetensors } from "../weights/safetensors.ts";
import { weightsFrom } from "../weights/weights.ts";
import { imagePatches } from "./vit.ts";

const tiny = {
  ...{ model_type: "vit", hidden_size: 12, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 20 },
  ...{ image_size: [5, 7], patch_size: [2, 3], num_channels: 2, initializer_range: 0.4, num_labels: 3 },
};
const config = parseEncoderConfig(tiny);
const weights = initialise(config, 5);
const weightOf = (name: string): Float32Array => weights.get(name)!;

/** Images by number: an image looks the same in every batch. */
function images(numbers: readonly number[], settings: Partial<BatchContext> = {}): BatchContext {
  const size = 2 * 5 * 7;
  const pixels = Float32Array.from({ length: numbers.length * size }, (_, at) =>
    Math.sin(7 * (at % size) + 3 * numbers[Math.floor(at / size)] ** 2),
  );
  const rows = numbers.map(() => new Array<number>(5).fill(0));
  return contextOf(rows, { pixels, examples: Int32Array.from(numbers), inputIds: new Int32Array(0), ...settings });
}

describe("ViT's config.json", () => {
  // Values of ViTConfig() in transformers 5.23.
  const defaults: EncoderConfig = {
    ...{ family: "vit", task: "single_label_classification", vocabSize: 0, hiddenSize: 768, embeddingSize: 768, layers: 12 },
    ...{ heads: 12, intermediateSize: 3072, maxPositions: 197, positionOffset: 0, typeVocabSize: 0, layerNormEps: 1e-12 },
    ...{ hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0, activation: "gelu", initializerRange: 0.02 },
    ...{ padTokenId: 0, labels: ["LABEL_0", "LABEL_1"], numLabels: 2, sinusoidalPositions: false },
    image: { size: [224, 224], patch: [16, 16], channels: 3, qkvBias: true },
  };
  test("absent keys get the defaults of transformers' class", () => {
    assert.deepEqual(parseEncoderConfig({ model_type: "vit" }), defaults);
  });
  test("tokens are the patches that fit, and the class token", () => {
    const tokens = (image_size: unknown, patch_size: unknown): number =>
      parseEncoderConfig({ model_type: "vit", image_size, patch_size }).maxPositions;
    assert.deepEqual([tokens(8, 4), tokens([8, 12], [4, 3]), tokens(9, 2), tokens(16, 16)], [5, 9, 17, 2]);
    assert.equal(imagePatches(config.image!), 4);
  });
  for (const [title, json] of Object.entries({
    defaults: { model_type: "vit" },
    "oblong images": { ...tiny, qkv_bias: false, layer_norm_eps: 1e-3, hidden_act: "relu", hidden_dropout_prob: 0.2 },
  })) {
    test(`${title}: reads back as it was, and names its class`, () => {
      const given = withLabels(parseEncoderConfig(json), ["cat", "dog"]);
      const written = JSON.parse(JSON.stringify(toHuggingFaceConfig(given)));
      assert.deepEqual(parseEncoderConfig(written), given);
      assert.deepEqual(written.architectures, ["ViTForImageClassification"]);
      assert.ok(!("vocab_size" in written) && !("max_position_embeddings" in written));
      assert.deepEqual(written.image_size, title === "defaults" ? 224 : [5, 7]);
    });
  }
  for (const [json, message] of [
    [{ image_size: 8, patch_size: 9 }, /patch_size to be at most image_size 8 × 8/],
    [{ image_size: [8] }, /image_size to be a whole number of pixels, or height and width, got \[8\]/],
    [{ patch_size: 2.5 }, /patch_size/],
    [{ image_size: "224" }, /image_size/],
    [{ num_channels: 0 }, /num_channels/],
  ] as const) {
    test(`refused with its reason: ${JSON.stringify(json)}`, () => {
      assert.throws(() => parseEncoderConfig({ ...tiny, ...json }), { code: "config/type", message });
    });
  }
  test("there are no heads for tokens", () => {
    for (const task of ["token_classification", "masked_lm"] as const)
      assert.throws(() => withLabels(config, ["a"], task), {
        code: "config/unsupported",
        message: /an encoder of texts, got vit/,
      });
  });
});

describe("ViT's graph", () => {
  test("names and shapes are those of published checkpoints, in the order of the forward pass", () => {
    const layer = "vit.encoder.layer.0";
    const linear = (name: string, from: number, to: number): string[] => [`${name}.weight ${to}×${from}`, `${name}.bias ${to}`];
    const norm = (name: string): string[] => [`${name}.weight 12`, `${name}.bias 12`];
    assert.deepEqual(
      parameterSpecs({ ...config, layers: 1 }).map(({ name, shape }) => `${name} ${shape.join("×")}`),
      [
        ...["vit.embeddings.cls_token 1×1×12", "vit.embeddings.position_embeddings 1×5×12"],
        ...["vit.embeddings.patch_embeddings.projection.weight 12×2×2×3", "vit.embeddings.patch_embeddings.projection.bias 12"],
        ...norm(`${layer}.layernorm_before`),
        ...["query", "key", "value"].flatMap((part) => linear(`${layer}.attention.attention.${part}`, 12, 12)),
        ...linear(`${layer}.attention.output.dense`, 12, 12),
        ...norm(`${layer}.layernorm_after`),
        ...linear(`${layer}.intermediate.dense`, 12, 20),
        ...linear(`${layer}.output.dense`, 20, 12),
        ...norm("vit.layernorm"),
        ...linear("classifier", 12, 3),
      ],
    );
    const without = parameterSpecs(parseEncoderConfig({ ...tiny, qkv_bias: false })).map(({ name }) => name);
    assert.deepEqual(
      without.filter((name) => /attention\.attention\..*bias/.test(name)),
      [],
    );
    assert.ok(without.includes(`${layer}.attention.output.dense.bias`));
  });
  test("everything decays but biases and norms", () => {
    for (const { name, shape, decay } of parameterSpecs(config)) assert.equal(decay, shape.length > 1, name);
  });
  test("pixels come in the order of patches, the class token's row first; what fills no patch is left out", () => {
    const { node, fill } = buildModel(config, { training: false }).inputs.find(({ node }) => node.attrs.name === "patches")!;
    assert.deepEqual(node.shape, ["B*n", 12]);
    const out = new Float32Array(2 * 5 * 12).fill(NaN);
    const pixels = Float32Array.from({ length: 2 * 2 * 5 * 7 }, (_, at) => at);
    if (fill.kind === "values") fill.write(out, images([0, 1], { pixels }));
    const row = (image: number, at: number): number[] => [...out.slice((image * 5 + at) * 12, (image * 5 + at + 1) * 12)];
    assert.deepEqual(row(0, 0), new Array(12).fill(0));
    assert.deepEqual(row(0, 1), [0, 1, 2, 7, 8, 9, 35, 36, 37, 42, 43, 44]);
    assert.deepEqual(
      row(0, 2),
      row(0, 1).map((at) => at + 3),
    );
    assert.deepEqual(
      row(0, 3),
      row(0, 1).map((at) => at + 14),
    );
    assert.deepEqual(row(1, 0), row(0, 0));
    assert.deepEqual(
      row(1, 4),
      row(0, 1).map((at) => at + 70 + 17),
    );
  });
  test("a batch without pixels, or of another size, is refused", () => {
    const graph = buildModel(config, { training: false });
    for (const [pixels, got] of [
      [undefined, "no pixels in rows of 5"],
      [new Float32Array(139), "139 pixels in rows of 5"],
    ] as const) {
      assert.throws(() => feedsOf(graph, images([0, 1], { pixels }), weightOf), {
        code: "model/pixels",
        message: `a batch of images: expected 2 × 2 × 5 × 7 pixels in rows of 5 tokens, got ${got}.`,
      });
    }
    assert.throws(() => feedsOf(graph, images([0], { bindings: { B: 1, n: 6 } }), weightOf), { code: "model/pixels" });
  });
  test("dropout stands where transformers has it, and not before the classifier", () => {
    const changed = { ...config, hiddenDropout: 0.1, attentionDropout: 0.2 };
    const sites = buildModel(changed, { training: true }).inputs.flatMap(({ node, fill }) =>
      fill.kind === "dropout" ? [[node.attrs.name, fill.probability]] : [],
    );
    const layers = [0, 1].flatMap((layer) => [
      [`dropout.layer.${layer}.attentionProbabilities`, 0.2],
      [`dropout.layer.${layer}.attentionOutput`, 0.1],
      [`dropout.layer.${layer}.feedForward`, 0.1],
    ]);
    assert.deepEqual(sites, [["dropout.embeddings", 0.1], ...layers]);
  });
  const patterns: readonly Pattern[] = [
    dense(),
    topK({ sparsity: 0.8 }),
    block({ sparsity: 0.6, size: 2 }),
    strided({ sparsity: 0.6 }),
    random({ sparsity: 0.5 }),
    inOrder(slidingWindow({ radius: 1 }), topK({ sparsity: 0.5 })),
  ];
  for (const pattern of patterns) {
    for (const where of ["float64", "onnx"] as const) {
      test(`${where}: an image has the same logits alone and in any batch: ${pattern.id}`, async () => {
        const graph = buildModel(config, { plan: { pattern }, training: false });
        const logits = async (numbers: readonly number[]): Promise<number[]> => {
          const context = images(numbers);
          const out = await compute(where, { logits: graph.logits }, feedsOf(graph, context, weightOf), context.bindings);
          return Array.from(out.logits);
        };
        const together = await logits([3, 1, 4, 2]);
        for (const [row, number] of [3, 1, 4, 2].entries()) {
          const alone = await logits([number]);
          for (const [c, value] of alone.entries()) assert.ok(Math.abs(value - together[row * 3 + c]) <= 1e-5, `image ${number}`);
        }
        assert.ok(Math.abs(together[0] - together[3]) > 1e-3, "images differ");
      });
    }
  }
});

describe("ViT's checkpoints", () => {
  const options = { seed: 3, where: "model.safetensors" };
  const values = initialise(config, 11);
  const checkpoint = () => new Map(parameterSpecs(config).map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
  const load = (tensors: ReturnType<typeof checkpoint>, given = config) =>
    weightsFrom(given, readSafetensors(Buffer.concat(writeSafetensors(tensors)), options.where), options);
  const zeros = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });

  test("a pre-trained encoder with its pooler, mask token or decoder: the classifier alone is fresh", () => {
    for (const prefix of ["", "vit."]) {
      const stored: ReturnType<typeof checkpoint> = new Map();
      for (const [name, tensor] of checkpoint())
        if (!name.startsWith("classifier.")) stored.set(prefix === "" ? name.slice(4) : name, tensor);
      stored.set(`${prefix}pooler.dense.weight`, zeros(12, 12)).set(`${prefix}embeddings.mask_token`, zeros(1, 1, 12));
      stored.set("decoder.0.weight", zeros(8, 12, 1, 1));
      const { weights: taken, fresh } = load(stored);
      assert.deepEqual(fresh, ["classifier.weight", "classifier.bias"]);
      assert.deepEqual(taken.get("vit.embeddings.cls_token"), values.get("vit.embeddings.cls_token"));
    }
  });
  test("another number of classes draws a fresh classifier; another size of images is refused", () => {
    assert.deepEqual(load(checkpoint(), withLabels(config, ["a", "b"])).fresh, ["classifier.weight", "classifier.bias"]);
    const larger = parseEncoderConfig({ ...tiny, image_size: [8, 9] });
    assert.throws(() => load(checkpoint(), larger), {
      code: "weights/mismatch",
      message: /1 misshapen \(vit\.embeddings\.position_embeddings \[1, 5, 12\] instead of \[1, 13, 12\]\)/,
    });
  });
  test("fresh values: normal tables and kernels, biases 0, norms 1", () => {
    const large = parseEncoderConfig({ ...tiny, hidden_size: 96, image_size: 32, patch_size: 4, initializer_range: 0.02 });
    const drawn = initialise(large, 2);
    for (const name of [
      "embeddings.position_embeddings",
      "embeddings.patch_embeddings.projection.weight",
      "embeddings.cls_token",
    ]) {
      const table = drawn.get(`vit.${name}`)!;
      const deviation = Math.sqrt(table.reduce((sum, v) => sum + v * v, 0) / table.length);
      assert.ok(Math.abs(deviation / 0.02 - 1) < 5 / Math.sqrt(2 * table.length), `${name}: ${deviation}`);
    }
    assert.ok(drawn.get("vit.embeddings.patch_embeddings.projection.bias")!.every((v) => v === 0));
    assert.ok(drawn.get("vit.layernorm.weight")!.every((v) => v === 1));
  });
});
