import assert from "node:assert/strict";
import { test } from "node:test";
import { elements, gradients } from "../graph/index.ts";
import { normal } from "../random/index.ts";
import { parseEncoderConfig, withLabels } from "./config/config.ts";
import { buildModel, type ModelOptions } from "./model-graph.ts";
import { compute, contextOf, feedsOf } from "./run-graph.fixture.ts";

const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 20, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 12 },
  ...{
    max_position_embeddings: 12,
    initializer_range: 0.4,
    num_labels: 3,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
  },
});
const rows = [
  [2, 5, 9, 11, 3],
  [2, 7, 3],
  [2, 4, 4, 3],
];
const teacher = [Float32Array.of(3, -1, 0.5), Float32Array.of(0, 2, -2), Float32Array.of(-1, -1, 4)];
const context = contextOf(rows, { labels: [2, -1, 1], training: true, teacher });
const [ALPHA, T] = [0.7, 3];

const graphOf = (options: Partial<ModelOptions>) => buildModel(config, { training: true, ...options });
const taught = graphOf({ distillation: { alpha: ALPHA, temperature: T } });
const plain = graphOf({});
const values = new Map(
  taught.parameters.map(({ attrs, shape }) => {
    const key = { seed: 2, step: 0, site: attrs.name as string };
    const drawn = Array.from({ length: elements(shape as number[]) }, (_, at) => 0.3 * normal(key, at));
    return [key.site, Float32Array.from(drawn)];
  }),
);
const weights = (name: string): Float32Array => values.get(name)!;
const at = (changed: (name: string) => Float32Array, graph = taught) =>
  compute("float64", { loss: graph.loss, logits: graph.logits }, feedsOf(graph, context, changed), context.bindings);
const softmax = (row: readonly number[]): number[] => {
  const powers = row.map((x) => Math.exp(x));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((x) => x / sum);
};

test("the loss is (1 − α) of the labels' and α T² of the teacher's, mean over all examples", async () => {
  const { loss, logits } = await at(weights);
  const ofLabels = (await at(weights, plain)).loss[0];
  let ofTeacher = 0;
  for (const [row, said] of teacher.entries()) {
    const [p, q] = [Array.from(said), Array.from(logits).slice(3 * row, 3 * row + 3)].map((z) => softmax(z.map((x) => x / T)));
    for (const [c, share] of p.entries()) ofTeacher -= (T * T * share * Math.log(q[c])) / rows.length;
  }
  // targets are fed as float32
  assert.ok(Math.abs(loss[0] - ((1 - ALPHA) * ofLabels + ALPHA * ofTeacher)) < 1e-6, `${loss[0]}`);
});

test("has the gradients of central differences down to the embeddings", async () => {
  for (const name of ["bert.encoder.layer.0.attention.self.value.weight", "bert.embeddings.word_embeddings.weight"]) {
    const target = taught.parameters.find(({ attrs }) => attrs.name === name)!;
    const [slope] = gradients(taught.loss, [target]);
    const exact = (await compute("float64", { slope }, feedsOf(taught, context, weights), context.bindings)).slope;
    // the words 2 and 5, which the texts hold
    for (const place of [17, 40, 45]) {
      const [high, low] = [2 ** -8, -(2 ** -8)].map((by) => weights(name).with(place, weights(name)[place] + by));
      const moved = async (changed: Float32Array) => (await at((other) => (other === name ? changed : weights(other)))).loss[0];
      const numeric = ((await moved(high)) - (await moved(low))) / (high[place] - low[place]);
      assert.ok(Math.abs(exact[place] - numeric) < 1e-4, `${name} ${place}: ${exact[place]}, ${numeric}`);
    }
  }
});

test("evaluation knows no teacher, and a task that cannot learn from one is refused", () => {
  const distillation = { alpha: 0.5, temperature: 2 };
  const names = (training: boolean) => buildModel(config, { training, distillation }).inputs.map(({ node }) => node.attrs.name);
  assert.deepEqual([names(true).includes("taught"), names(false).includes("taught")], [true, false]);
  const tokens = withLabels(config, ["O", "B"], "token_classification");
  assert.throws(() => buildModel(tokens, { training: true, distillation }), {
    code: "model/distillation",
    message: "distillation: expected none in token_classification, which learns from no teacher, got alpha 0.5.",
  });
});
