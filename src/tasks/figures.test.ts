import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Labelled, TaskAnswer } from "./task.ts";
import { type TaskName, tasks } from "./tasks.ts";

const labels = ["a", "b"];
const none: Partial<Record<TaskName, Labelled>> = {
  single_label_classification: { label: -1 },
  multi_label_classification: { label: -1 },
  regression: { label: Number.NaN },
  token_classification: { label: -1, labels: [-1, -1] },
};
const some: Partial<Record<TaskName, readonly Labelled[]>> = {
  single_label_classification: [{ label: 0 }, { label: 1 }],
  multi_label_classification: [
    { label: -1, labels: [0] },
    { label: -1, labels: [] },
  ],
  regression: [{ label: 0.5 }, { label: 2 }],
  token_classification: [
    { label: -1, labels: [0, -1] },
    { label: -1, labels: [1, 0] },
  ],
};
const rows = [
  [0.8, 0.2, 0.4, 0.6],
  [0.3, 0.7, 0.9, 0.1],
  [0.6, 0.4, 0.5, 0.5],
];

describe("examples without a label change no figure", () => {
  for (const [name, examples] of Object.entries(some) as [TaskName, readonly Labelled[]][]) {
    test(name, () => {
      const { figures } = tasks[name].outputs!;
      const width = tasks[name].perToken ? 4 : 2;
      const outputs = rows.map((row) => row.slice(0, width));
      const known = figures({ labels }, outputs.slice(0, 2), examples);
      assert.ok(Number.isFinite(known.loss), `${known.loss}`);
      assert.deepEqual(figures({ labels }, outputs, [...examples, none[name]!]), known);
    });
  }
});

describe("what was decided of an example, by class index", () => {
  const decided = (name: TaskName, example: Parameters<NonNullable<TaskAnswer["decisions"]>>[0]) =>
    tasks[name].outputs!.answer.decisions?.(example, labels);
  test("one class, or none without a label", () => {
    assert.deepEqual(decided("single_label_classification", { label: 1, row: [0.8, 0.2] }), [{ said: [0], meant: [1] }]);
    assert.deepEqual(decided("single_label_classification", { label: -1, row: [0.8, 0.2] }), []);
  });
  test("sets of classes, perhaps empty", () => {
    const example = { label: -1, labels: [], row: [0.8, 0.5] };
    assert.deepEqual(decided("multi_label_classification", example), [{ said: [0, 1], meant: [] }]);
    assert.deepEqual(decided("multi_label_classification", { label: -1, row: [0.8, 0.5] }), []);
  });
  test("a class for each word that has a label", () => {
    const example = { label: -1, words: ["x", "y"], wordOf: [-1, 0, 1], tokenLabels: [-1, -1, 1], row: [1, 0, 1, 0, 1, 0] };
    assert.deepEqual(decided("token_classification", example), [{ said: [0], meant: [1] }]);
    const [mistake] = tasks.token_classification.outputs!.answer.mistakes(example, labels);
    assert.deepEqual([mistake.token, mistake.cells], [2, ["y", "b", "a", "1.0000"]]);
  });
  test("numbers are no classes", () => assert.equal(decided("regression", { label: 1, row: [1] }), undefined));
});
