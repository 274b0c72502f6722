import assert from "node:assert/strict";
import { test } from "node:test";
import { retrievalScores } from "./retrieval.ts";

const all = { scale: 2, isOther: () => true };

test("accuracy at 1, reciprocal ranks and loss of a hand-made case", () => {
  const firsts = [
    [1, 0],
    [0, 1],
    [1, 0],
  ];
  const seconds = [
    [1, 0],
    [0.6, 0.8],
    [0.8, 0.6],
  ];
  // ranks 1, 1, 2; cosines of first 2: 1, 0.6, 0.8
  const { accuracyAt1, mrrAt10, loss } = retrievalScores(firsts, seconds, all);
  assert.equal(accuracyAt1, 2 / 3);
  assert.equal(mrrAt10, 2.5 / 3);
  const nll = (own: number, others: readonly number[]) =>
    Math.log(1 + others.reduce((sum, other) => sum + Math.exp(2 * (other - own)), 0));
  assert.ok(Math.abs(loss - (nll(1, [0.6, 0.8]) + nll(0.8, [0, 0.6]) + nll(0.8, [1, 0.6])) / 3) < 1e-12);
});

test("an encoder that says the same of all texts finds nothing", () => {
  const same = Array.from({ length: 20 }, () => [1, 0]);
  const { accuracyAt1, mrrAt10 } = retrievalScores(same, same, all);
  assert.deepEqual([accuracyAt1, mrrAt10], [0, 0]);
});

test("beyond 1,000 first vectors some from all over are asked, and all second ones looked at", () => {
  const count = 2500;
  const circle = Array.from({ length: count }, (_, at) => [Math.cos((6 * at) / count), Math.sin((6 * at) / count)]);
  assert.equal(retrievalScores(circle, circle, all).accuracyAt1, 1);
  const asked = new Set<number>();
  const looked = new Set<number>();
  const isOther = (row: number, other: number): boolean => asked.add(row) !== undefined && looked.add(other) !== undefined;
  retrievalScores(circle, circle, { scale: 1, isOther });
  assert.deepEqual([asked.size, looked.size], [1000, count]);
  assert.ok(Math.max(...asked) > 2400);
});
