import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import { initialise } from "./initialise.ts";
import { meanPooled } from "./mean-pooled.ts";
import { buildModel } from "./model-graph.ts";
import { compute, contextOf, feedsOf } from "./run-graph.fixture.ts";
import { weightsFrom } from "./weights/weights.ts";

const D = 12;
const sizes = { vocab_size: 40, max_position_embeddings: 34, initializer_range: 0.4 };
const bertSizes = { hidden_size: D, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 20 };
const configs = {
  bert: { model_type: "bert", ...sizes, ...bertSizes },
  roberta: { model_type: "roberta", ...sizes, ...bertSizes },
  distilbert: { model_type: "distilbert", ...sizes, dim: D, n_layers: 2, n_heads: 3, hidden_dim: 20 },
};
const rows = [
  [2, 7, 9, 11, 3],
  [2, 5, 3],
];

/** Mean zero, deviation one, as a LayerNorm leaves it. */
function normed(values: readonly number[]): number[] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (value - mean) / deviation);
}

/** The last hidden states of an encoder, [tokens][D]: what a head of tokens with the identity as its matrix gives. */
async function hiddenOf(json: object, row: readonly number[], weights: ReadonlyMap<string, Float32Array>): Promise<number[][]> {
  const names = Array.from({ length: D }, (_, at) => `${at}`);
  const graph = buildModel(withLabels(parseEncoderConfig(json), names, "token_classification"), { training: false });
  const identity = Float32Array.from({ length: D * D }, (_, at) => Number(at % (D + 1) === 0));
  const own = new Map([...weights, ["classifier.weight", identity], ["classifier.bias", new Float32Array(D)]]);
  const context = contextOf([row], { labelSets: [row.map(() => 0)] });
  const out = await compute(
    "onnx",
    { logits: graph.logits },
    feedsOf(graph, context, (name) => own.get(name)!),
    context.bindings,
  );
  return row.map((_, at) => Array.from(out.logits).slice(at * D, (at + 1) * D));
}

describe("the head reads the normalised mean of all real tokens", () => {
  const straight: Readonly<Record<keyof typeof configs, (x: number) => number>> = {
    bert: (x) => Math.tanh(0.2 * x),
    roberta: (x) => Math.tanh(0.2 * x),
    distilbert: (x) => Math.max(0, 0.2 * x + 1),
  };
  for (const [family, json] of Object.entries(configs))
    test(family, async () => {
      const config = withLabels(parseEncoderConfig(json), ["a", "b"]);
      const weights = initialise(config, 1);
      const pooled = meanPooled(config, weights)!;
      assert.equal(pooled.config.layers, 3);
      const graph = buildModel(pooled.config, { training: false });
      const context = contextOf(rows, { labels: [0, 1] });
      const feeds = feedsOf(graph, context, (name) => pooled.values.get(name)!);
      const { features } = await compute("onnx", { features: graph.features }, feeds, context.bindings);
      for (const [at, row] of rows.entries()) {
        const hidden = await hiddenOf(json, row, weights);
        const mean = Array.from({ length: D }, (_, c) => hidden.reduce((sum, token) => sum + token[c], 0) / row.length);
        for (const [c, x] of normed(mean).entries()) {
          const [got, want] = [features[at * D + c], straight[family as keyof typeof configs](x)];
          // the residual connection leaves about a hundredth of the first token
          assert.ok(Math.abs(got - want) < 0.02, `row ${at}, ${c}: ${got}, not ${want}`);
        }
      }
    });
});

test("a text of one token repeated is that token's state, whatever its length", async () => {
  // without positions, all tokens are alike, so that their mean is each of them
  const config = withLabels(parseEncoderConfig(configs.bert), ["a", "b"]);
  const weights = new Map(initialise(config, 1));
  weights.set("bert.embeddings.position_embeddings.weight", new Float32Array(34 * D));
  const pooled = meanPooled(config, weights)!;
  const wide = buildModel(pooled.config, { training: false });
  const read = async (length: number): Promise<number[]> => {
    const context = contextOf([new Array<number>(length).fill(7)], { labels: [0] });
    const out = await compute(
      "onnx",
      { features: wide.features },
      feedsOf(wide, context, (name) => pooled.values.get(name)!),
      context.bindings,
    );
    return Array.from(out.features);
  };
  const [one, many] = [await read(1), await read(9)];
  for (const [at, value] of one.entries()) assert.ok(Math.abs(value - many[at]) < 1e-5);
});

test("the pooled encoder is a model that is written and read like any other", () => {
  const config = withLabels(parseEncoderConfig(configs.bert), ["a", "b"]);
  const { config: wide, values } = meanPooled(config, initialise(config, 1))!;
  const tensors = new Map(
    Array.from(values, ([name, data]) => {
      const { shape } = buildModel(wide, { training: false }).parameters.find(({ attrs }) => attrs.name === name)!;
      return [name, { shape: shape as number[], dtype: "F32", data: () => data }] as const;
    }),
  );
  const { fresh } = weightsFrom(wide, { tensors } as never, { seed: 1, where: "test" });
  assert.deepEqual(fresh, []);
});
