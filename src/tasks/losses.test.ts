import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { BatchContext } from "../batch/index.ts";
import { GraphInputs } from "../batch/index.ts";
import { add, gradients, input, parameter, scale } from "../graph/index.ts";
import { computeOn, contextOf, feedsOf } from "../models/compute-on.fixture.ts";
import { type TaskName, tasks } from "./tasks.ts";

interface RDropCase {
  readonly labels: readonly number[];
  readonly classes: number;
  readonly alpha: number;
  readonly smoothing: number;
  readonly loss: number;
  readonly logits: readonly number[];
  readonly others: readonly number[];
  readonly gradient: readonly number[];
  readonly gradientOfOthers: readonly number[];
}

const logits = [
  [0.5, -1.25, 2],
  [-3, 0.75, 0.1],
  [40, -40, 0],
  [1, 1, -0.5],
];
const softmaxLog = (row: readonly number[], c: number): number =>
  row[c] - Math.max(...row) - Math.log(row.reduce((sum, x) => sum + Math.exp(x - Math.max(...row)), 0));
const sigmoidLog = (x: number): number => (x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x)));

async function lossOf(task: TaskName, settings: Partial<BatchContext>, shape: readonly [string | number, number] = ["B", 3]) {
  const inputs = new GraphInputs();
  const x = input("logits", shape);
  const loss = tasks[task].loss(x, inputs, { numLabels: 3, vocabSize: 3 });
  const context = contextOf([[1], [2], [3], [4]], settings);
  const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
  feeds.logits = { dtype: "float", shape: [4, 3], data: Float32Array.from(logits.flat()) };
  return (await computeOn("float64", { loss }, feeds, context.bindings)).loss[0];
}
const close = (got: number, want: number): void =>
  assert.ok(Math.abs(got - want) <= 1e-6 * (1 + Math.abs(want)), `got ${got}, want ${want}`);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe("class weights", () => {
  test("scale each example's cross-entropy; divided by the sum of the labels' weights it is PyTorch's weighted mean", async () => {
    const weights = [0.5, 2, 3];
    const labels = [2, 0, 1, 1];
    const divisor = sum(labels.map((label) => weights[label]));
    const want = sum(labels.map((label, at) => -weights[label] * softmaxLog(logits[at], label))) / divisor;
    const settings = { labels, classWeights: weights, lossDivisor: divisor };
    close(await lossOf("single_label_classification", settings), want);
  });
});

describe("multi-label loss", () => {
  const labelSets = [[0, 2], [], [1], [0, 1, 2]];
  test("is the mean binary cross-entropy over examples and classes, finite for large logits", async () => {
    const each = logits.flatMap((row, at) => row.map((x, c) => -(labelSets[at].includes(c) ? sigmoidLog(x) : sigmoidLog(-x))));
    close(await lossOf("multi_label_classification", { labelSets, lossDivisor: 4 }), sum(each) / 12);
  });
  test("class weights multiply the positives, as pos_weight does", async () => {
    const classWeights = [1, 5, 0.5];
    const each = logits.flatMap((row, at) =>
      row.map((x, c) => -(labelSets[at].includes(c) ? classWeights[c] * sigmoidLog(x) : sigmoidLog(-x))),
    );
    close(await lossOf("multi_label_classification", { labelSets, classWeights, lossDivisor: 4 }), sum(each) / 12);
  });
});

test("regression: the mean squared error; an example without a value adds nothing", async () => {
  const labels = [1, Number.NaN, -2, 0.25];
  const each = labels.map((label, at) => (Number.isNaN(label) ? 0 : sum(logits[at].map((x) => (x - label) ** 2)) / 3));
  close(await lossOf("regression", { labels, lossDivisor: 3 }), sum(each) / 3);
});

test("token classification: tokens without a label add nothing", async () => {
  const settings = { bindings: { B: 2, n: 2 }, labels: [-1, -1], labelSets: [[2, -1], [1]], lossDivisor: 2 };
  const want = -(softmaxLog(logits[0], 2) + softmaxLog(logits[2], 1)) / 2;
  close(await lossOf("token_classification", settings, ["B*n", 3]), want);
});

test("masked tokens: the mean cross-entropy of the hidden words; label −1 fills a batch without any", async () => {
  const masked = { rows: Int32Array.of(3, 0, 1, 2), labels: Int32Array.of(2, 0, -1, 1) };
  const settings = { bindings: { B: 4, n: 1, M: 4 }, masked, lossDivisor: 3 };
  const want = -(softmaxLog(logits[0], 2) + softmaxLog(logits[1], 0) + softmaxLog(logits[3], 1)) / 3;
  close(await lossOf("masked_lm", settings, ["M", 3]), want);
});

describe("contrastive loss", () => {
  const rows = logits.map((row) => row.map((x) => x / Math.sqrt(sum(row.map((y) => y * y)))));
  const labels = [0, 1, 0, 2];
  const logShare = (row: number, to: number): number => {
    const others = rows.map((other, at) => (at === row ? -Infinity : sum(other.map((x, c) => x * rows[row][c])) / 0.1));
    const most = Math.max(...others);
    return others[to] - most - Math.log(sum(others.map((x) => Math.exp(x - most))));
  };
  test("is the supervised contrastive loss of arXiv 2004.11362; a label that is alone adds nothing", async () => {
    const want = -(logShare(0, 2) + logShare(2, 0)) / 4;
    close(await lossOf("contrastive", { labels, lossDivisor: 4 }), want);
  });
  test("shares an example's weight between the others of its label", async () => {
    const want = -sum([0, 1, 2].flatMap((row) => [0, 1, 2].filter((to) => to !== row).map((to) => logShare(row, to) / 2))) / 4;
    close(await lossOf("contrastive", { labels: [1, 1, 1, 0], lossDivisor: 4 }), want);
  });
  test("has the gradient of central differences", async () => {
    const inputs = new GraphInputs();
    const x = parameter("x", ["B", 3]);
    const loss = tasks.contrastive.loss(x, inputs, { numLabels: 0, vocabSize: 3 });
    const [slope] = gradients(loss, [x]);
    const context = contextOf([[1], [2], [3], [4]], { labels, lossDivisor: 4 });
    const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
    const point = [0.5, -1.25, 2, -3, 0.75, 0.1, 0.4, -0.4, 0.3, 1, 1, -0.5];
    const at = (values: readonly number[]) =>
      ({ ...feeds, x: { dtype: "float", shape: [4, 3], data: Float32Array.from(values) } }) as const;
    const { slope: exact } = await computeOn("float64", { slope }, at(point), context.bindings);
    const step = 2 ** -8;
    for (const place of point.keys()) {
      const moved = (by: number) => point.map((value, other) => (other === place ? value + by : value));
      const [up, down] = [moved(step), moved(-step)];
      const [high, low] = [
        (await computeOn("float64", { loss }, at(up), context.bindings)).loss[0],
        (await computeOn("float64", { loss }, at(down), context.bindings)).loss[0],
      ];
      const found = (high - low) / (Math.fround(up[place]) - Math.fround(down[place]));
      assert.ok(
        Math.abs(found - exact[place]) <= 2e-3 * (0.1 + Math.abs(found)),
        `place ${place}: ${exact[place]}, not ${found}`,
      );
    }
  });
});

describe("R-Drop", () => {
  const { rDrop } = JSON.parse(readFileSync("test/fixtures/dropouts.json", "utf8")) as { rDrop: readonly RDropCase[] };
  for (const one of rDrop) {
    test(`alpha ${one.alpha} over ${one.labels.length} examples: PyTorch's loss and gradients`, async () => {
      const { divergence, loss } = tasks.single_label_classification;
      const inputs = new GraphInputs();
      const sizes = { numLabels: one.classes, vocabSize: 1 };
      const [a, b] = ["logits", "others"].map((name) => parameter(name, ["B", one.classes]));
      const crossEntropies = add(loss(a, inputs, sizes), loss(b, inputs, sizes));
      const total = add(scale(crossEntropies, 0.5), scale(divergence!(a, b, inputs, sizes), one.alpha / 4));
      const [ofLogits, ofOthers] = gradients(total, [a, b]);
      const lossDivisor = one.labels.filter((label) => label >= 0).length;
      const rows = one.labels.map((_, at) => [at]);
      const context = contextOf(rows, { labels: one.labels, labelSmoothing: one.smoothing, lossDivisor });
      const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
      for (const name of ["logits", "others"] as const) {
        feeds[name] = { dtype: "float", shape: [rows.length, one.classes], data: Float32Array.from(one[name]) };
      }
      const made = await computeOn("float64", { total, ofLogits, ofOthers }, feeds, context.bindings);
      close(made.total[0], one.loss);
      for (const [at, value] of one.gradient.entries()) close(made.ofLogits[at], value);
      for (const [at, value] of one.gradientOfOthers.entries()) close(made.ofOthers[at], value);
    });
  }
  test("only tasks whose outputs are a distribution have it", () => {
    const able = Object.entries(tasks).filter(([, { divergence }]) => divergence);
    assert.deepEqual(
      able.map(([name]) => name),
      ["single_label_classification"],
    );
  });
});
