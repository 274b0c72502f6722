import assert from "node:assert/strict";
import { test } from "node:test";
import { stochasticOrder } from "./stochastic-order.ts";

test("scores that all lie above violate no order, equal ones are half of one, and the ratio of both ways is one", () => {
  assert.deepEqual(stochasticOrder([0.9, 0.91], [0.8, 0.85]), { violation: 0, bound: 0 });
  assert.deepEqual(stochasticOrder([0.5, 0.6], [0.6, 0.5]).violation, 0.5);
  // sorted pairs: 1 − 0 and 2 − 4: violated 4 of 1 + 4
  assert.equal(stochasticOrder([1, 2], [4, 0]).violation, 0.8);
  assert.ok(Math.abs(stochasticOrder([4, 0], [1, 2]).violation - 0.2) < 1e-15);
});

test("the bound on the violation ratio of two pairs is the one over all 16 draws", () => {
  // draws of [0, 3] against [1, 2]: by hand, ε of each of 4 × 4 equally likely draws
  const draws = [
    [0, 0],
    [0, 3],
    [3, 0],
    [3, 3],
  ].flatMap((a) =>
    [
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ].map((b) => stochasticOrder(a, b, { replicates: 1 }).violation),
  );
  const mean = draws.reduce((sum, e) => sum + e, 0) / 16;
  const deviation = Math.sqrt(draws.reduce((sum, e) => sum + (e - mean) ** 2, 0) / 16);
  const got = stochasticOrder([0, 3], [1, 2], { replicates: 20_000 });
  assert.ok(Math.abs(got.bound - Math.min(1, 0.5 + 1.6449 * deviation)) < 0.01, String(got.bound));
});

test("sets of scores of two sizes are refused", () => {
  assert.throws(() => stochasticOrder([1, 2], [1]), { code: "statistics/bad-shape", message: /one size, got "?2 scores and 1/ });
});
