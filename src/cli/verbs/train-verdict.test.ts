import assert from "node:assert/strict";
import { test } from "node:test";
import { MAJORITY } from "../../api/index.ts";
import { trainVerdict } from "./train-verdict.ts";

const labels = ["no", "yes"];
/** So many rows, of which the first says "no". */
const rows = (count: number) => Array.from({ length: count }, (_, at) => (at === 0 ? [0.9, 0.1] : [0.2, 0.8]));
const majority = (score: number) => ({ name: MAJORITY, score });
const simple = { name: "TF-IDF + logistic regression", score: 0.8 };

test("one answer to everything", () => {
  const given = { probabilities: rows(100).slice(1), labels, accuracy: 0.5, baselines: [majority(0.5)] };
  assert.match(trainVerdict(given)!, /^learned nothing: it says "yes" to everything/);
});

test("no better than the majority class, for sure or perhaps", () => {
  const judged = (accuracy: number, count: number) =>
    trainVerdict({ probabilities: rows(count), labels, accuracy, baselines: [majority(0.6)] });
  assert.match(judged(0.6, 100)!, /^learned nothing: no better than always the same label \(0\.600\)/);
  assert.match(judged(0.65, 100)!, /^perhaps learned nothing: 100 rows cannot tell 0\.650/);
  assert.equal(judged(0.65, 1000), undefined);
});

test("a simple method that is as good", () => {
  const judged = (accuracy: number) =>
    trainVerdict({ probabilities: rows(1000), labels, accuracy, baselines: [simple, majority(0.6)] });
  assert.match(judged(0.8)!, /^not better than TF-IDF \+ logistic regression \(0\.800\)/);
  assert.equal(judged(0.81), undefined);
});
