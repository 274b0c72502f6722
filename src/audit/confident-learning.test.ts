import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findLabelErrors } from "./index.ts";

/** scripts/make-audit-fixtures.py writes it. */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/audit.json"), "utf8"));

describe("the confident joint", () => {
  // by hand: t = (0.9 + 0.7 + 0.2) / 3 = 0.6 and (0.8 + 0.9 + 0.3 + 0.6) / 4 = 0.65
  const labels = [0, 0, 0, 1, 1, 1, 1];
  const ofFirst = [0.9, 0.7, 0.2, 0.2, 0.1, 0.7, 0.4];
  const found = findLabelErrors(
    labels,
    ofFirst.map((p) => [p, 1 - p]),
  );
  test("has the mean self-confidence of a class as its threshold", () => {
    for (const [j, threshold] of [0.6, 0.65].entries()) assert.ok(Math.abs(found.thresholds[j] - threshold) < 1e-12);
  });
  test("counts rows that reach a threshold, leaves out those that reach none, and is scaled to the given labels", () => {
    // counted: labelled 0: two as 0, one as 1; labelled 1: one as 0, two as 1, one (0.4, 0.6) not at all, so that 3 rows stand for 4
    assert.deepEqual(found.joint, [
      [2, 1],
      [1, 3],
    ]);
  });
  test("says how many rows of the largest margins are likely wrong, the least self-confidence first", () => {
    assert.deepEqual(found.likely, [2, 5]);
  });
  test("counts the most probable of the classes that reach their thresholds, not of all classes", () => {
    // t = 0.3, 0.3, 0.7: the last row reaches 0 and 1, while 2 is its most probable
    const rows = [
      [0.3, 0.1, 0.6],
      [0.3, 0.3, 0.4],
      [0.0, 0.0, 1.0],
      [0.3, 0.3, 0.4],
    ];
    const { thresholds, joint } = findLabelErrors([0, 1, 2, 2], rows);
    assert.deepEqual(
      thresholds.map((t) => t.toFixed(6)),
      ["0.300000", "0.300000", "0.700000"],
    );
    assert.deepEqual(joint[2], [1, 0, 1]);
  });
});

test("a row whose most probable class is its label is never named, however many the joint counts", () => {
  // one of the three rows labelled 1 is counted as 0, one as 1 and one not at all: 3 / 2 rows, rounded to 2, are to be named
  const rows = [
    [0.51, 0.49],
    [0.51, 0.49],
    [0.45, 0.55],
    [0.52, 0.48],
    [0.1, 0.9],
  ];
  const { likely } = findLabelErrors([0, 0, 1, 1, 1], rows);
  assert.deepEqual(likely, [3]);
});

for (const { labels, probabilities, thresholds, joint, likely } of fixture.cases as {
  labels: number[];
  probabilities: number[][];
  thresholds: number[];
  joint: number[][];
  likely: number[];
}[])
  test(`thresholds, joint and likely errors are cleanlab's, in its order: ${joint.length} classes`, () => {
    const found = findLabelErrors(labels, probabilities);
    for (const [j, threshold] of found.thresholds.entries()) assert.ok(Math.abs(threshold - thresholds[j]) < 1e-9);
    assert.deepEqual(found.joint, joint);
    assert.ok(likely.length >= 5);
    assert.deepEqual(found.likely, likely);
  });

test("other shapes and labels are refused", () => {
  const two = [
    [0.5, 0.5],
    [0.5, 0.5],
  ];
  for (const [labels, rows, message] of [
    [[0], two, /expected a label for each of 2 rows, got 1/],
    [[0, 2], two, /expected labels from 0 to 1, got 2/],
    [[0, 0], two, /expected a row of each class at least, got none of class 1/],
    [[0, 0], [[1], [1]], /expected probabilities of at least two classes, got 1/],
    [[0, 1], [[0.5, 0.5], [1]], /expected rows of 2 probabilities, got 1/],
  ] as const)
    assert.throws(() => findLabelErrors(labels, rows), { code: "audit/bad-input", message });
});
