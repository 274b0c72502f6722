import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  centredRegression,
  classify,
  crossPredicted,
  denseRows,
  fitTfIdf,
  folds,
  logisticRegression,
  minimise,
  probabilitiesOf,
} from "./index.ts";

/** scripts/make-linear-fixtures.py writes it. */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/linear.json"), "utf8"));
const [known, unseen] = [fixture.texts.slice(0, 30), fixture.texts.slice(30)] as string[][];
const exact = { tolerance: 1e-8, iterations: 5000 };

function assertClose(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (const [at, row] of actual.entries())
    for (const [k, value] of row.entries())
      assert.ok(Math.abs(value - expected[at][k]) <= tolerance, `row ${at}, column ${k}: ${value}, not ${expected[at][k]}`);
}

test("TF-IDF is scikit-learn's", () => {
  const tfIdf = fitTfIdf(known);
  assert.equal(tfIdf.size, fixture.vocabulary.length);
  const { starts, columns, values, count } = tfIdf.rows(unseen);
  const rows = Array.from({ length: count }, (_, at) => {
    const row = new Array<number>(tfIdf.size).fill(0);
    for (let entry = starts[at]; entry < starts[at + 1]; entry++) row[columns[entry]] = values[entry];
    return row;
  });
  assertClose(rows, fixture.tfIdf, 2e-9);
});

for (const { C, probabilities } of fixture.sparse as { C: number; probabilities: number[][] }[])
  test(`logistic regression on sparse rows is scikit-learn's at C = ${C}`, () => {
    const tfIdf = fitTfIdf(known);
    const model = logisticRegression(tfIdf.rows(known), fixture.labels.slice(0, 30), 3, { C, ...exact });
    assertClose(probabilitiesOf(model, tfIdf.rows(unseen)), probabilities, 2e-6);
  });

for (const { C, probabilities } of fixture.dense.three as { C: number; probabilities: number[][] }[])
  test(`logistic regression on columns of unlike sizes is scikit-learn's at C = ${C}`, () => {
    const rows = denseRows(fixture.dense.rows);
    const labels = (fixture.dense.labels as number[]).map((label, at) => (label + at) % 3);
    const model = logisticRegression(rows, labels, 3, { C, ...exact });
    assertClose(probabilitiesOf(model, rows), probabilities, 2e-6);
    assert.deepEqual(
      classify(model, rows),
      probabilities.map((row) => row.indexOf(Math.max(...row))),
    );
  });

test("a text without a known word is a row of nothing", () => {
  const rows = fitTfIdf(["one two"]).rows(["three", ""]);
  assert.deepEqual([...rows.starts], [0, 0, 0]);
});

test("minimise finds the bottom of a narrow valley and stays there", () => {
  const valley = ([x, y]: Float64Array, gradient: Float64Array): number => {
    gradient.set([2 * (x - 1) + 2000 * (x - y), 2000 * (y - x)]);
    return (x - 1) ** 2 + 1000 * (x - y) ** 2;
  };
  const found = minimise(valley, new Float64Array([-5, 8]), exact);
  assert.ok(
    found.every((entry) => Math.abs(entry - 1) < 1e-6),
    `${found}`,
  );
  assert.deepEqual(minimise(valley, found, exact), found);
});

test("class weights count a row as often as they say", () => {
  const rows = [
    [0, 1],
    [1, 0],
    [2, 1],
    [0, 2],
    [1, 1],
  ];
  const labels = [0, 0, 0, 1, 1];
  const weighted = logisticRegression(denseRows(rows), labels, 2, { classWeights: [1, 2], C: 5, ...exact });
  // the rows of class 1 twice: seven rows, with a penalty of as much
  const repeated = logisticRegression(denseRows([...rows, rows[3], rows[4]]), [...labels, 1, 1], 2, { C: 5, ...exact });
  assertClose(probabilitiesOf(weighted, denseRows(rows)), probabilitiesOf(repeated, denseRows(rows)), 2e-6);
});

test("folds: every example is tested once, labels are spread, and a group is in one fold", () => {
  const labels = Array.from({ length: 40 }, (_, at) => Number(at % 4 === 0));
  const groups = labels.map((_, at) => Math.floor(at / 2));
  const cut = folds(labels, 5, { seed: 3 });
  assert.deepEqual(
    cut.flatMap(({ test }) => test).sort((a, b) => a - b),
    labels.map((_, at) => at),
  );
  for (const { train, test } of cut) {
    assert.equal(test.filter((at) => labels[at] === 1).length, 2);
    assert.equal(new Set([...train, ...test]).size, 40);
  }
  for (const { train, test } of folds(labels, 5, { seed: 3, groups }))
    assert.ok(test.every((at) => !train.some((other) => groups[other] === groups[at])));
});

test("folds of few groups are fewer, and of one group are those of no groups", () => {
  const labels = [0, 1, 0, 1, 0, 1];
  const two = folds(labels, 5, { groups: [0, 0, 0, 0, 0, 1] });
  assert.deepEqual(two.map(({ test }) => test.length).sort(), [1, 5]);
  assert.ok(two.every(({ train }) => train.length > 0));
  assert.deepEqual(folds(labels, 3, { groups: [7, 7, 7, 7, 7, 7] }), folds(labels, 3));
});

test("a centred regression does not depend on where its features are, nor on their size", () => {
  const rows = fixture.dense.rows as number[][];
  const labels = fixture.dense.labels as number[];
  const moved = rows.map((row) => row.map((value) => 1e3 + 1e-2 * value));
  const said = (features: number[][]) => probabilitiesOf(centredRegression(features, labels, 2, exact), denseRows(features));
  assertClose(said(moved), said(rows), 1e-4);
  assert.ok(
    centredRegression([[5], [5]], [0, 1], 2).weight.every((value) => value === 0),
    "features that never differ",
  );
  const [weight] = centredRegression([[5], [5 + 1e-9]], [0, 1], 2).weight;
  assert.ok(Math.abs(weight) < 1e-6, `features that differ by rounding: ${weight}`);
});

test("rows are predicted by a regression of the other folds, in their places", () => {
  const { rows, labels } = fixture.dense as { rows: number[][]; labels: number[] };
  const cut = folds(labels, 3, { seed: 2 });
  const said = crossPredicted(rows, labels, 2, cut);
  for (const { train, test: asked } of cut) {
    const own = centredRegression(
      train.map((at) => rows[at]),
      train.map((at) => labels[at]),
      2,
    );
    const expected = probabilitiesOf(own, denseRows(asked.map((at) => rows[at])));
    assert.deepEqual(
      asked.map((at) => said[at]),
      expected,
    );
  }
  assert.notDeepEqual(said, probabilitiesOf(centredRegression(rows, labels, 2), denseRows(rows)));
});
