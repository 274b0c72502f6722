import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { GraphInputs } from "../batch/index.ts";
import { add, gradients, parameter, scale } from "../graph/index.ts";
import { computeOn, contextOf, feedsOf } from "../models/compute-on.fixture.ts";
import { type TaskName, tasks } from "./tasks.ts";

interface Case {
  readonly task: TaskName;
  readonly labels: readonly (number | null | readonly number[])[];
  readonly classes: number;
  readonly alpha: number;
  readonly temperature: number;
  readonly weights: readonly number[] | null;
  readonly loss: number;
  readonly student: readonly number[];
  readonly teacher: readonly number[];
  readonly gradient: readonly number[];
}

const { cases } = JSON.parse(readFileSync("test/fixtures/distillation.json", "utf8")) as { cases: readonly Case[] };
const close = (got: number, want: number, tolerance = 1e-6): void =>
  assert.ok(Math.abs(got - want) <= tolerance * (1 + Math.abs(want)), `got ${got}, want ${want}`);

/** The loss of a case as a function of the student's logits, and its gradient. */
function lossOf({ task, labels, classes, alpha, temperature, weights, teacher }: Case) {
  const { distillation, loss, lossWeight } = tasks[task];
  const inputs = new GraphInputs();
  const sizes = { numLabels: classes, vocabSize: 1 };
  const x = parameter("x", ["B", classes]);
  const total = add(scale(loss(x, inputs, sizes), 1 - alpha), scale(distillation!.loss(x, inputs, sizes, temperature), alpha));
  const rows = labels.map((_, at) => Float32Array.from(teacher.slice(at * classes, (at + 1) * classes)));
  const examples = labels.map((label, at) => ({
    ...(Array.isArray(label) && { labels: label.flatMap((holds, c) => (holds === 1 ? [c] : [])) }),
    label: typeof label === "number" ? label : label === null && !tasks[task].labels!.areClasses ? Number.NaN : -1,
    teacher: rows[at],
  }));
  const classWeights = weights ?? undefined;
  const context = contextOf(
    labels.map((_, at) => [at]),
    {
      labels: examples.map(({ label }) => label),
      ...(examples[0].labels && { labelSets: examples.map((example) => example.labels) }),
      teacher: rows,
      ...(classWeights && { classWeights }),
      lossDivisor: lossWeight(examples, classWeights),
    },
  );
  const feeds = feedsOf({ parameters: [], inputs: inputs.all }, context, () => new Float32Array());
  const [slope] = gradients(total, [x]);
  return async (values: readonly number[]) => {
    feeds.x = { dtype: "float", shape: [rows.length, classes], data: Float32Array.from(values) };
    return computeOn("float64", { total, slope }, feeds, context.bindings);
  };
}

describe("learning from a teacher", () => {
  for (const one of cases) {
    const title = `${one.task}, alpha ${one.alpha}, T ${one.temperature}${one.weights ? ", class weights" : ""}, ${one.labels.length} examples`;
    test(`${title}: PyTorch's loss and gradients`, async () => {
      const { total, slope } = await lossOf(one)(one.student);
      close(total[0], one.loss);
      for (const [at, value] of one.gradient.entries()) close(slope[at], value);
    });
    test(`${title}: the gradients of central differences`, async () => {
      const at = lossOf(one);
      const { slope } = await at(one.student);
      for (const place of one.student.keys()) {
        const [up, down] = [2 ** -7, -(2 ** -7)].map((by) => one.student.with(place, one.student[place] + by));
        const [high, low] = [(await at(up)).total[0], (await at(down)).total[0]];
        close(slope[place], (high - low) / (Math.fround(up[place]) - Math.fround(down[place])), 1e-4);
      }
    });
  }
  test("a teacher's logits are found again from what the task makes of them", () => {
    for (const { outputs, distillation, hasOneClass } of Object.values(tasks)) {
      if (!distillation) continue;
      const logits = [1.5, -2, 0.25];
      const found = distillation.logitsOf(outputs!.of(logits, 3));
      // a softmax does not see what is added to all
      const shift = hasOneClass ? logits[0] - found[0] : 0;
      for (const [c, z] of logits.entries()) close(found[c] + shift, z);
    }
  });
  test("an example without a label counts by its teacher alone, and not at all without one", () => {
    const { lossWeight } = tasks.single_label_classification;
    const teacher = [0, 1];
    assert.equal(
      lossWeight(
        [
          { label: -1, teacher },
          { label: 1, teacher },
        ],
        [2, 3],
      ),
      4,
    );
    assert.equal(lossWeight([{ label: -1 }, { label: 1 }], [2, 3]), 3);
  });
  test("tasks whose outputs follow tokens, or no labels, have none", () => {
    const able = Object.entries(tasks).flatMap(([name, { distillation }]) => (distillation ? [name] : []));
    assert.deepEqual(able.sort(), ["multi_label_classification", "regression", "single_label_classification"]);
  });
});
