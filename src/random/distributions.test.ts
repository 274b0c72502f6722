import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  dropoutMaskReference,
  dropoutRate,
  foldKey,
  hash32,
  normal,
  normalFill,
  permutation,
  uniform,
  uniformFillReference,
} from "./index.ts";

const key = { seed: 3, step: 1, site: "test" };

describe("uniform", () => {
  test("is the hash's top 24 bits, exact in float32", () => {
    for (let i = 0; i < 1000; i++) {
      const value = uniform(key, i);
      assert.equal(value, Math.floor(hash32(key, i) / 256) / 2 ** 24);
      assert.equal(Math.fround(value), value);
      assert.ok(value >= 0 && value < 1);
    }
  });

  test("has mean 1/2 and variance 1/12", () => {
    const out = new Float32Array(1 << 20);
    uniformFillReference(out, foldKey(key), 0);
    assert.equal(out[77], uniform(key, 77));
    const mean = out.reduce((sum, x) => sum + x, 0) / out.length;
    const variance = out.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / out.length;
    const root = Math.sqrt(out.length);
    assert.ok(Math.abs(mean - 1 / 2) < (5 * Math.sqrt(1 / 12)) / root, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1 / 12) < (5 * Math.sqrt(1 / 180)) / root, `variance ${variance}`);
  });
});

describe("permutation", () => {
  test("holds every index once, at sizes that are no powers of two", () => {
    for (const n of [0, 1, 2, 3, 10, 1000, 67_349]) {
      assert.deepEqual(
        [...permutation(key, n)].sort((a, b) => a - b),
        Array.from({ length: n }, (_, i) => i),
      );
    }
  });

  test("gives each of the 24 orders of four equally often", () => {
    const counts = new Map<string, number>();
    const trials = 48_000;
    for (let step = 0; step < trials; step++) {
      const order = permutation({ ...key, step }, 4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    const expected = trials / 24;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Quantiles 0.0001 and 0.9999 of chi-square with 23 degrees of freedom.
    assert.ok(chiSquare > 5.75 && chiSquare < 57.07, `chi-square ${chiSquare}`);
  });

  test("two epochs of one seed share places only by chance", () => {
    let fixed = 0;
    for (let step = 0; step < 200; step++) {
      const [a, b] = [permutation({ ...key, step }, 500), permutation({ ...key, step: step + 1 }, 500)];
      for (let i = 0; i < 500; i++) if (a[i] === b[i]) fixed++;
    }
    // Poisson with mean 200.
    assert.ok(Math.abs(fixed - 200) < 5 * Math.sqrt(200), `${fixed} shared places`);
  });

  test("refuses lengths that are no count", () => {
    for (const n of [-1, 1.5, Number.NaN]) assert.throws(() => permutation(key, n), { code: "random/bad-length" });
  });
});

describe("normal", () => {
  test("has the moments, tails and independence of the standard normal", () => {
    const n = 1 << 20;
    const out = new Float32Array(n);
    normalFill(out, key);
    const mean = (f: (x: number, i: number) => number) => out.reduce((sum, x, i) => sum + f(x, i), 0) / n;
    // Value, expectation and variance of each statistic.
    const statistics: Record<string, [number, number, number]> = {
      mean: [mean((x) => x), 0, 1],
      variance: [mean((x) => x * x), 1, 2],
      "third moment": [mean((x) => x ** 3), 0, 15],
      "fourth moment": [mean((x) => x ** 4), 3, 96],
      "share beyond 2": [mean((x) => Number(Math.abs(x) > 2)), 0.0455003, 0.0434],
      "share beyond 4": [mean((x) => Number(Math.abs(x) > 4)), 6.3342e-5, 6.3342e-5],
      "lag 1": [mean((x, i) => (i + 1 < n ? x * out[i + 1] : 0)), 0, 1],
      "lag 2": [mean((x, i) => (i + 2 < n ? x * out[i + 2] : 0)), 0, 1],
      "squares at lag 1": [mean((x, i) => (i + 1 < n ? (x * x - 1) * (out[i + 1] ** 2 - 1) : 0)), 0, 4],
    };
    for (const [name, [value, expected, variance]] of Object.entries(statistics)) {
      const z = (value - expected) / Math.sqrt(variance / n);
      assert.ok(Math.abs(z) < 5, `${name}: ${value}, z = ${z.toFixed(2)}`);
    }
  });

  test("normalFill is deviation times normal", () => {
    const out = new Float32Array(9);
    normalFill(out, key, 0.02);
    for (let i = 0; i < out.length; i++) assert.equal(out[i], Math.fround(0.02 * normal(key, i)));
  });
});

describe("dropout", () => {
  test("drops the rounded share and keeps the expectation", () => {
    for (const p of [0, 0.1, 0.5, 0.9]) {
      const rate = dropoutRate(p);
      assert.ok(Math.abs(rate.probability - p) <= 1 / 131072);
      const out = new Float32Array(1 << 20);
      dropoutMaskReference(out, foldKey(key), 0, rate);
      const dropped = out.reduce((sum, x) => sum + Number(x === 0), 0);
      const deviation = Math.sqrt(out.length * rate.probability * (1 - rate.probability));
      assert.ok(Math.abs(dropped - out.length * rate.probability) <= 5 * deviation, `p = ${p}: ${dropped} dropped`);
      assert.equal(Math.max(...out.subarray(0, 1000)), rate.scale);
      assert.ok(Math.abs(rate.scale * (1 - rate.probability) - 1) < 1e-7);
    }
  });

  test("a mask made in pieces is the same mask", () => {
    const whole = new Float32Array(101);
    dropoutMaskReference(whole, foldKey(key), 0, dropoutRate(0.3));
    const pieces = new Float32Array(101);
    for (const [from, to] of [
      [0, 7],
      [7, 50],
      [50, 101],
    ]) {
      dropoutMaskReference(pieces.subarray(from, to), foldKey(key), from, dropoutRate(0.3));
    }
    assert.deepEqual(pieces, whole);
  });

  test("refuses 1, negative numbers and NaN", () => {
    for (const p of [1, -0.1, Number.NaN]) assert.throws(() => dropoutRate(p), { code: "random/bad-probability" });
  });
});
