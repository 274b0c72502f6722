import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BatchContext } from "../batch/index.ts";
import { bindShape, elements, gradients } from "../graph/index.ts";
import { normal, uniform } from "../random/index.ts";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import { buildModel, type ModelGraph } from "./model-graph.ts";
import { compute, contextOf, feedsOf } from "./run-graph.fixture.ts";

const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 20, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12 },
  ...{ max_position_embeddings: 12, initializer_range: 0.4, num_labels: 3, hidden_dropout_prob: 0.3 },
});
const rows = [
  [2, 5, 9, 11, 3],
  [2, 7, 3],
  [2, 4, 4, 3],
];
const context: BatchContext = contextOf(rows, { labels: [2, 0, 1], training: true });
const ALPHA = 3;

/** Masks at p = 0.3 of a pass: `again` draws others. */
function masks(graph: ModelGraph, pass: string): (site: string) => Float32Array {
  const sizes = new Map(
    graph.inputs.map(({ node }) => [node.attrs.name, elements(bindShape(node.shape, context.bindings))] as const),
  );
  return (site) =>
    Float32Array.from({ length: sizes.get(`dropout.${site}`)! }, (_, at) => {
      const named = site.startsWith("again.") ? site : `${pass}${site}`;
      return uniform({ seed: 4, step: 0, site: named }, at) < 0.3 ? 0 : 1 / 0.7;
    });
}

const twice = buildModel(config, { training: true, rDropAlpha: ALPHA });
const once = buildModel(config, { training: true });
const values = new Map(
  twice.parameters.map((node) => {
    const name = node.attrs.name as string;
    const spread = Array.from({ length: elements(node.shape as number[]) }, (_, at) =>
      normal({ seed: 2, step: 0, site: name }, at),
    );
    return [name, Float32Array.from(spread, (x) => 0.3 * x)];
  }),
);
const weights = (name: string): Float32Array => values.get(name)!;

/** Loss and logits of one pass, by the masks of `pass`. */
const single = (pass: string): Promise<Record<"loss" | "logits", ArrayLike<number>>> =>
  compute(
    "float64",
    { loss: once.loss, logits: once.logits },
    feedsOf(once, context, weights, masks(once, pass)),
    context.bindings,
  );

const lossAt = async (changed: (name: string) => Float32Array): Promise<number> =>
  (await compute("float64", { loss: twice.loss }, feedsOf(twice, context, changed, masks(twice, "")), context.bindings)).loss[0];

describe("R-Drop in a model", () => {
  test("reads every batch once and drops anew in the second pass", () => {
    const names = ({ inputs }: ModelGraph): string[] => inputs.map(({ node }) => node.attrs.name as string);
    const sites = names(once).filter((name) => name.startsWith("dropout."));
    assert.ok(sites.length > 5);
    const expected = [...names(once), ...sites.map((name) => name.replace("dropout.", "dropout.again."))];
    assert.deepEqual(names(twice).sort(), expected.sort());
    assert.deepEqual(
      twice.parameters.map(({ attrs }) => attrs.name),
      once.parameters.map(({ attrs }) => attrs.name),
    );
  });
  test("the loss is the mean of both passes and alpha / 4 of KL(p‖q) + KL(q‖p), mean over the batch", async () => {
    const [first, second] = [await single(""), await single("again.")];
    const logSoftmax = (row: readonly number[]): number[] => {
      const sum = Math.log(row.reduce((total, x) => total + Math.exp(x), 0));
      return row.map((x) => x - sum);
    };
    const rowsOf = ({ logits }: { logits: ArrayLike<number> }): number[][] =>
      rows.map((_, at) => logSoftmax(Array.from(logits).slice(3 * at, 3 * at + 3)));
    const [p, q] = [rowsOf(first), rowsOf(second)];
    let divergence = 0;
    for (const [at, row] of p.entries())
      for (const [c, log] of row.entries()) divergence += (Math.exp(log) - Math.exp(q[at][c])) * (log - q[at][c]);
    const want = (first.loss[0] + second.loss[0]) / 2 + ((ALPHA / 4) * divergence) / rows.length;
    assert.ok(divergence > 0.01, String(divergence));
    // a third, as targets hold it, is a float32
    assert.ok(Math.abs((await lossAt(weights)) - want) < 1e-7);
  });
  test("has the gradients of central differences, and the same bits with checkpoints", async () => {
    const targets = twice.parameters;
    const feeds = feedsOf(twice, context, weights, masks(twice, ""));
    const made = async (checkpoints: readonly (typeof targets)[number][]) => {
      const nodes = gradients(twice.loss, targets, { checkpoints });
      const at = targets.findIndex(({ attrs }) => attrs.name === "bert.encoder.layer.0.attention.self.value.weight");
      return (await compute("float64", { wanted: nodes[at] }, feeds, context.bindings)).wanted;
    };
    const plain = await made([]);
    assert.equal(twice.checkpoints.length, 2 * once.checkpoints.length);
    assert.deepEqual(Array.from(await made(twice.checkpoints)), Array.from(plain));
    const name = "bert.encoder.layer.0.attention.self.value.weight";
    for (const place of [0, 13, 37]) {
      // float32 holds the step exactly enough where both sides are read back from it
      const [high, low] = [2 ** -8, -(2 ** -8)].map((by) => weights(name).with(place, weights(name)[place] + by));
      const at = async (changed: Float32Array): Promise<number> => lossAt((other) => (other === name ? changed : weights(other)));
      const numeric = ((await at(high)) - (await at(low))) / (high[place] - low[place]);
      assert.ok(Math.abs(plain[place] - numeric) < 1e-4, `${place}: ${plain[place]}, ${numeric}`);
    }
  });
  test("alpha 0 and evaluation have one pass, and a task without a distribution is refused", () => {
    for (const options of [
      { training: true, rDropAlpha: 0 },
      { training: false, rDropAlpha: 2 },
    ]) {
      const { inputs } = buildModel(config, options);
      assert.ok(!inputs.some(({ node }) => /again/.test(node.attrs.name as string)));
    }
    const regression = withLabels(config, ["score"], "regression");
    assert.throws(() => buildModel(regression, { training: true, rDropAlpha: 1 }), {
      code: "model/r-drop",
      message: "rDropAlpha: expected 0 in regression, whose outputs are no distribution, got 1.",
    });
  });
});
