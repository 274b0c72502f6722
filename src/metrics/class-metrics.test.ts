import assert from "node:assert/strict";
import { test } from "node:test";
import { classMetrics, classScores } from "./class-metrics.ts";

const oneHot = (c: number): number[] => [0, 1, 2].map((i) => (i === c ? 0.8 : 0.1));

test("per-class scores equal scikit-learn's classification_report", () => {
  // y_true = [0,0,0,1,1,2], y_pred = [0,1,0,1,0,1]
  const metrics = classMetrics([0, 1, 0, 1, 0, 1].map(oneHot), [0, 0, 0, 1, 1, 2], ["a", "b", "c"]);
  assert.deepEqual(metrics.confusion, [
    [2, 1, 0],
    [1, 1, 0],
    [0, 1, 0],
  ]);
  assert.equal(metrics.accuracy, 0.5);
  const rounded = metrics.classes.map(({ precision, recall, f1, support }) =>
    [precision, recall, f1, support].map((x) => x.toFixed(4)),
  );
  assert.deepEqual(rounded, [
    ["0.6667", "0.6667", "0.6667", "3.0000"],
    ["0.3333", "0.5000", "0.4000", "2.0000"],
    ["0.0000", "0.0000", "0.0000", "1.0000"],
  ]);
  assert.equal(metrics.macroF1.toFixed(4), "0.3556");
});

test("a class that no example has and none was given leaves the macro average as it is, as in classification_report", () => {
  const { macroF1, classes } = classMetrics([0, 1, 1].map(oneHot), [0, 1, 1], ["a", "b", "c"]);
  assert.deepEqual([macroF1, classes[2].f1], [1, 0]);
});

test("of sets of classes each is scored by itself, and one that nobody named has zeros", () => {
  const scores = classScores([[0, 1], [1], []], [[0], [0, 1], [1]], ["a", "b", "c"]);
  assert.deepEqual(scores, [
    { label: "a", support: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
    { label: "b", support: 2, precision: 0.5, recall: 0.5, f1: 0.5 },
    { label: "c", support: 0, precision: 0, recall: 0, f1: 0 },
  ]);
});
