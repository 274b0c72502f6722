import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "../../data/index.ts";
import { MAJORITY, majorityBaseline } from "./baselines.ts";

const examples = (...labels: readonly number[]): Dataset["examples"] =>
  labels.map((label, index) => ({ index, text: `text ${index}`, label }));

test("the majority is that of the training examples, and the mean of several that are tied", () => {
  const of = (train: Dataset["examples"], test: Dataset["examples"]) => majorityBaseline([{ train, test }], 3);
  assert.deepEqual(of(examples(0, 0, 1), examples(0, 1, 1, 2)), { name: MAJORITY, score: 1 / 4 });
  assert.equal(of(examples(0, 1), examples(0, 1, 1, 2)).score, 3 / 8);
  assert.equal(of(examples(0, 0, 1, -1), examples(0, 1, -1)).score, 1 / 2, "examples without a label do not count");
});

test("of balanced classes that are cross-validated in uneven folds, each is as right as the others", () => {
  const folds = [examples(0, 0, 1), examples(0, 1, 1)];
  const trials = folds.map((test, at) => ({ train: folds[1 - at], test }));
  assert.equal(majorityBaseline(trials, 2).score, 1 / 2);
});
