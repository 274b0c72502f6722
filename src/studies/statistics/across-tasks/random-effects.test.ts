import assert from "node:assert/strict";
import { test } from "node:test";
import { randomEffects } from "./random-effects.ts";

test("three equal tasks give their common effect and the error of one over √3; probabilities sum to one", () => {
  const effect = randomEffects(Array.from({ length: 3 }, () => ({ mean: 0.2, standardError: 0.03 })));
  assert.ok(Math.abs(effect.mean - 0.2) < 1e-12 && Math.abs(effect.standardError - 0.03 / Math.sqrt(3)) < 1e-12);
  assert.equal(effect.betweenTasks, 0);
  assert.equal(effect.region, "inside");
  assert.ok(Math.abs(effect.below + effect.inside + effect.above - 1) < 1e-12);
});

test("tasks that disagree widen the interval, most of all that of the next task", () => {
  const effect = randomEffects([1, -1, 3, -3].map((mean) => ({ mean, standardError: 0.01 })));
  // √(variance of the means): 20 / 3
  assert.ok(Math.abs(effect.betweenTasks - Math.sqrt(20 / 3)) < 1e-3);
  assert.ok(effect.nextHigh > effect.high && effect.high > 3);
  assert.equal(effect.region, null);
  assert.ok(effect.homogeneityP < 1e-9);
});

test("arms that never differ on some task leave finite numbers", () => {
  const effect = randomEffects([0, 0, 0].map((mean) => ({ mean, standardError: 0 })));
  assert.deepEqual([effect.mean, effect.region], [0, "inside"]);
  assert.ok(Object.values(effect).every((value) => typeof value !== "number" || Number.isFinite(value)));
  assert.throws(() => randomEffects([{ mean: 0, standardError: 1 }]), { code: "statistics/bad-shape" });
});
