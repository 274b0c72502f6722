import assert from "node:assert/strict";
import { test } from "node:test";
import { MAJORITY } from "../../api/index.ts";
import { trainVerdict, weakestOf } from "./train-verdict.ts";

const labels = ["no", "yes"];
/** So many rows, of which the first says "no". */
const rows = (count: number) => Array.from({ length: count }, (_, at) => (at === 0 ? [0.9, 0.1] : [0.2, 0.8]));
const majority = (score: number) => ({ name: MAJORITY, score });
const scores = (label: string, support: number, f1 = 0.5) => ({ label, support, precision: f1, recall: f1, f1 });
const classesAt = (accuracy: number) => ({ accuracy, classes: [scores("no", 40), scores("yes", 60)] });
const simple = { name: "TF-IDF + logistic regression", score: 0.8 };

test("one answer to everything", () => {
  const given = { probabilities: rows(100).slice(1), labels, classes: classesAt(0.5), baselines: [majority(0.5)] };
  assert.match(trainVerdict(given)!, /^learned nothing: it says "yes" to everything/);
});

test("no better than the majority class, for sure or perhaps", () => {
  const judged = (accuracy: number, count: number) =>
    trainVerdict({ probabilities: rows(count), labels, classes: classesAt(accuracy), baselines: [majority(0.6)] });
  assert.match(judged(0.6, 100)!, /^learned nothing: no better than always the same label \(0\.600\)/);
  assert.match(judged(0.65, 100)!, /^perhaps learned nothing: 100 rows cannot tell 0\.650/);
  assert.equal(judged(0.65, 1000), undefined);
});

test("a simple method that is as good", () => {
  const judged = (accuracy: number) =>
    trainVerdict({ probabilities: rows(1000), labels, classes: classesAt(accuracy), baselines: [simple, majority(0.6)] });
  assert.match(judged(0.8)!, /^not better than TF-IDF \+ logistic regression \(0\.800\)/);
  assert.equal(judged(0.81), undefined);
});

test("rows of one label judge nothing, however right the answers are", () => {
  const classes = { accuracy: 1, classes: [scores("no", 0, 0), scores("yes", 4, 1)] };
  const given = { probabilities: rows(5).slice(1), labels, classes, baselines: [majority(1)] };
  assert.match(trainVerdict(given)!, /^not judged: all 4 evaluated rows have the label "yes"/);
});

test("a label that no evaluated row has is not the weakest", () => {
  assert.equal(weakestOf({ classes: [scores("rare", 0, 0), scores("no", 9, 0.7), scores("yes", 9, 0.8)] }).label, "no");
});
