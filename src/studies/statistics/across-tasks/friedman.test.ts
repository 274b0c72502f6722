import assert from "node:assert/strict";
import { test } from "node:test";
import { friedmanTest } from "./friedman.ts";

test("arms that rank alike on every task have χ² = N (k − 1), arms that are always equal have none", () => {
  const order = [
    [0.9, 0.8, 0.7],
    [0.8, 0.7, 0.6],
    [0.7, 0.6, 0.5],
  ];
  const { chiSquared, meanRanks, fisherP } = friedmanTest(order);
  assert.deepEqual([chiSquared, meanRanks, fisherP], [6, [1, 2, 3], 0]);
  const equal = friedmanTest([
    [1, 1, 1],
    [2, 2, 2],
  ]);
  assert.deepEqual([equal.chiSquared, equal.p, equal.pairs[0][1]], [0, 1, 1]);
  assert.throws(() => friedmanTest([[1, 2, 3]]), { code: "statistics/bad-shape" });
});
