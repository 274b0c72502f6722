import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../random/index.ts";
import { crossedBootstrap, meanInterval } from "./bootstrap.ts";

const near = (got: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `got ${got}, expected ${expected} ± ${tolerance}`);

test("with two seeds and one example the plain replicates are −1, 0 or 1: an exact case", () => {
  // θ* is −1 or 1 with chance 1/4 each and 0 with 1/2, so the 40 % interval is the middle atom and the 60 % one the ends.
  const [boot] = crossedBootstrap([Float64Array.of(-1, 1)], { seeds: 2 });
  assert.deepEqual(boot.interval(0.4, "plain"), { low: 0, high: 0 });
  assert.deepEqual(boot.interval(0.6, "plain"), { low: -1, high: 1 });
});

test("with one example a verdict's interval is the Student interval over seeds", () => {
  const perSeed = [0.4, -0.6, 1.2, 0.1, 0.9, -0.3, 0.7, 0.2, 0.5, -0.1];
  const [boot] = crossedBootstrap([Float64Array.from(perSeed)], { seeds: 10 });
  const student = meanInterval(perSeed, 0.95);
  const got = boot.interval(0.95);
  near(got.low, student.low, 1e-9);
  near(got.high, student.high, 1e-9);
  assert.deepEqual(boot.fixedInterval(0.95), student);
});

test("differences that are the same in every seed get the binomial interval over examples", () => {
  // 100 examples, 20 of them +1 in each of 5 seeds: standard error √(0.2 · 0.8 / 100) = 0.04.
  const row = Array.from({ length: 100 }, (_, e) => Number(e < 20));
  const [boot] = crossedBootstrap([Float64Array.from([row, row, row, row, row].flat())], { seeds: 5 });
  const { low, high } = boot.interval(0.95);
  near(low, 0.2 - 1.96 * 0.04, 0.01);
  near(high, 0.2 + 1.96 * 0.04, 0.01);
  assert.deepEqual(boot.fixedInterval(0.95), { low: boot.components.mean, high: boot.components.mean });
});

test("pure noise counts once in the verdict's interval and about three times in the plain one's variance", () => {
  const [seeds, examples] = [40, 400];
  const key = { seed: 3, step: 0, site: "test" };
  const noise = Float64Array.from({ length: seeds * examples }, (_, i) => uniform(key, i) - 0.5);
  const [boot] = crossedBootstrap([noise], { seeds });
  const half = (variant: "plain" | "balanced") => {
    const { low, high } = boot.interval(0.95, variant);
    return (high - low) / 2;
  };
  const once = 1.96 * Math.sqrt(1 / 12 / (seeds * examples));
  near(half("balanced") / once, 1, 0.25);
  near(half("plain") / once, Math.sqrt(3), 0.25);
});

test("identical arms get the interval [0, 0] and a p-value of 1", () => {
  const [boot] = crossedBootstrap([new Float64Array(50)], { seeds: 5 });
  assert.deepEqual(boot.interval(0.95), { low: 0, high: 0 });
  assert.equal(boot.pValue(), 1);
});

test("the same examples are drawn for every comparison", () => {
  const key = { seed: 1, step: 0, site: "test" };
  const matrix = Float64Array.from({ length: 5 * 60 }, (_, i) => Math.round(2 * uniform(key, i) - 1));
  const [alone] = crossedBootstrap([matrix], { seeds: 5, replicates: 500 });
  const [, second] = crossedBootstrap([new Float64Array(300).fill(1), matrix], { seeds: 5, replicates: 500 });
  assert.deepEqual(second.interval(0.95, "plain"), alone.interval(0.95, "plain"));
  const [other] = crossedBootstrap([matrix], { seeds: 5, replicates: 500, randomSeed: 1 });
  assert.notDeepEqual(other.interval(0.95, "plain"), alone.interval(0.95, "plain"));
});

test("matrices that differ in size are refused", () => {
  assert.throws(() => crossedBootstrap([new Float64Array(10), new Float64Array(15)], { seeds: 5 }), {
    code: "statistics/bad-shape",
  });
  assert.throws(() => crossedBootstrap([new Float64Array(11)], { seeds: 5 }), { code: "statistics/bad-shape" });
});
