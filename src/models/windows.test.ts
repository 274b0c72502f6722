import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkGradients } from "../graph/gradient-check.fixture.ts";
import { input } from "../graph/index.ts";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { initialise } from "./initialise.ts";
import { buildModel } from "./model-graph.ts";
import { compute, contextOf, feedsOf } from "./run-graph.fixture.ts";

const C = 3;
const encoder = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 40, hidden_size: 12, num_hidden_layers: 1, num_attention_heads: 3 },
  ...{ intermediate_size: 20, max_position_embeddings: 30, initializer_range: 0.4 },
});
/** Of each task that averages windows: labels of three texts, the last without one where that may be. */
const targets = {
  single_label_classification: { labels: [2, 0, -1] },
  multi_label_classification: { labels: [-1, -1, -1], labelSets: [[0, 2], [], [1]] },
  regression: { labels: [0.5, -2, Number.NaN] },
} as const;
const rows = [
  [2, 7, 9, 11, 5, 3],
  [2, 30, 3],
  [2, 8, 8, 21, 39, 14, 3],
  [2, 17, 3],
];
const exampleOf = Int32Array.of(0, 1, 1, 2);

for (const [name, own] of Object.entries(targets) as [keyof typeof targets, (typeof targets)[keyof typeof targets]][]) {
  const config: EncoderConfig = withLabels(encoder, ["a", "b", "c"], name);
  const all = initialise(config, 5);
  const weights = (parameter: string): Float32Array => all.get(parameter)!;
  const graph = buildModel(config, { training: false, windows: true });
  const context = { ...contextOf(rows, { ...own, exampleOf, lossDivisor: 3 }), bindings: { B: 4, S: 3, n: 7 } };

  describe(`${name}, texts in windows`, () => {
    for (const where of ["float64", "onnx"] as const)
      test(`${where}: logits are the mean over a text's windows, and exactly the window's where there is one`, async () => {
        const { logits } = await compute(where, { logits: graph.logits }, feedsOf(graph, context, weights), context.bindings);
        const plain = buildModel(config, { training: false });
        const ofRows = (await compute(where, { logits: plain.logits }, feedsOf(plain, context, weights), context.bindings))
          .logits;
        const row = (at: number): number[] => Array.from(ofRows).slice(at * C, (at + 1) * C);
        const text = (at: number): number[] => Array.from(logits).slice(at * C, (at + 1) * C);
        assert.deepEqual([text(0), text(2)], [row(0), row(3)]);
        for (const [c, value] of text(1).entries()) assert.ok(Math.abs(value - (row(1)[c] + row(2)[c]) / 2) < 1e-6);
      });

    test("the loss is of the averaged logits: its gradient is that of central differences in float64", () => {
      const given = Object.entries(feedsOf(graph, context, weights));
      const feeds = Object.fromEntries(given.map(([key, { data }]) => [key, Array.from(data as Float32Array)]));
      const named = ["classifier.weight", "classifier.bias", "bert.embeddings.LayerNorm.weight"];
      const targets = graph.parameters.filter(({ attrs }) => named.includes(attrs.name as string));
      const upstream = input("upstream", []);
      const subject = { name, op: "loss", output: graph.loss, upstream, targets, bindings: context.bindings };
      checkGradients({ ...subject, feeds: { ...feeds, upstream: [1.5] } });
    });
  });
}
