import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folds } from "../linear/index.ts";
import { fitTexts, predictFolds } from "./index.ts";

/** scripts/make-audit-fixtures.py writes it. */
const { texts, features, labels, probabilities } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../test/fixtures/audit.json"), "utf8"),
).regression as { texts: string[]; features: number[][]; labels: number[]; probabilities: number[][] };
const part = (from: number, to: number) => ({ texts: texts.slice(from, to), features: features.slice(from, to) });
const known = part(0, labels.length);

test("features and words together are scikit-learn's regression of both", () => {
  const said = fitTexts(known, labels, 3, { tolerance: 1e-8, iterations: 5000 })(part(labels.length, texts.length));
  assert.equal(said.length, probabilities.length);
  for (const [at, row] of said.entries())
    for (const [k, p] of row.entries())
      assert.ok(Math.abs(p - probabilities[at][k]) < 2e-6, `row ${at}, class ${k}: ${p}, not ${probabilities[at][k]}`);
});

test("each text is predicted by those of the other folds, in its place", () => {
  const cut = folds(labels, 4, { seed: 2 });
  const said = predictFolds(known, labels, 3, cut);
  for (const { train, test: asked } of cut) {
    const of = (places: readonly number[]) => ({
      texts: places.map((at) => texts[at]),
      features: places.map((at) => features[at]),
    });
    const own = fitTexts(
      of(train),
      train.map((at) => labels[at]),
      3,
    );
    assert.deepEqual(
      asked.map((at) => said[at]),
      own(of(asked)),
    );
  }
  assert.notDeepEqual(said, fitTexts(known, labels, 3)(known));
});

test("features that differ by rounding alone say nothing, so that the words decide", () => {
  const noise = { texts: ["good", "bad", "good", "bad"], features: [1e-9, -1e-9, 1e-9, -1e-9].map((own) => [1, own]) };
  const none = { texts: noise.texts, features: noise.features.map(() => [1, 0]) };
  const asked = (own: number) => ({ texts: ["good"], features: [[1, own]] });
  const [[p]] = fitTexts(noise, [0, 1, 0, 1], 2)(asked(-1e-7));
  const [[expected]] = fitTexts(none, [0, 1, 0, 1], 2)(asked(0));
  assert.ok(Math.abs(p - expected) < 1e-4, `${p}, not ${expected}`);
});

test("features that never differ, and texts without a word, are no error", () => {
  const said = fitTexts(
    {
      texts: ["!", "?"],
      features: [
        [1, 0],
        [1, 0],
      ],
    },
    [0, 1],
    2,
  );
  for (const p of said({ texts: ["."], features: [[0, 1]] })[0]) assert.ok(Math.abs(p - 0.5) < 1e-6);
});
