import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { uniform } from "../../random/index.ts";
import { countPairs } from "../accounting.ts";
import { bottomK } from "./bottom-k.ts";
import { head, row } from "./made-up-heads.fixture.ts";
import { fillNoise, noiseKey } from "./parts/noise.ts";
import type { HeadView } from "./pattern.ts";
import { random } from "./random.ts";
import { slidingWindow } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

describe("the noise", () => {
  test("is src/random's uniform at index 2^16 · query + key, whatever the padding", () => {
    const key = { seed: 3, step: 7, layer: 2, head: 5, example: 123_456 };
    for (const n of [9, 40]) {
      const out = new Float32Array(5 + n * n).fill(-1);
      fillNoise(out, 5, n, 9, noiseKey(key));
      for (let query = 0; query < n; query++) {
        for (let k = 0; k < n; k++) {
          const want = uniform({ seed: 3, step: 7, site: "pattern.noise.2.5.123456" }, 65_536 * query + k);
          assert.equal(out[5 + query * n + k], query < 9 && k < 9 ? want : -1);
        }
      }
    }
  });
  test("has another stream for every part of the key", () => {
    const base = { seed: 1, step: 2, layer: 3, head: 4, example: 5 };
    const streams = [base, ...Object.keys(base).map((part) => ({ ...base, [part]: 99 }))].map((key) => {
      const { key0, key1 } = noiseKey(key);
      return `${key0} ${key1}`;
    });
    // Neither do parts run into one another: layer 1, head 11 is not layer 11, head 1.
    for (const [layer, at] of [
      [1, 11],
      [11, 1],
    ]) {
      const { key0, key1 } = noiseKey({ ...base, layer, head: at });
      streams.push(`${key0} ${key1}`);
    }
    assert.equal(new Set(streams).size, 8);
  });
});

describe("random", () => {
  const masks = (sparsity: number, n: number, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, step) => random({ sparsity }).keep({ ...head(n, 0), key: { ...head(n, 0).key, step } }));

  test("keeps as many keys as topK and bottomK, query by query, also up a ramp and behind another pattern", () => {
    const perRow = (mask: Uint8Array): number[] =>
      Array.from({ length: 23 }, (_, query) => row(mask, 23, query).filter(Boolean).length);
    const whole = head(23, 4);
    const windows = slidingWindow({ radius: 5 }).keep(whole);
    for (const sparsity of [0, 0.4, 0.6, 0.8, 0.95]) {
      for (const options of [{}, { keepSpecial: true }, { rankOver: { paddedTo: 30 } }]) {
        for (const view of [whole, { ...whole, strength: 0.3 }, { ...whole, allowed: windows }]) {
          const [keys, ...others] = [topK, random, bottomK].map((make) => perRow(make({ sparsity, ...options }).keep(view)));
          for (const other of others) assert.deepEqual(other, keys);
        }
      }
    }
  });
  test("keeps each pair equally often", () => {
    const n = 10;
    const steps = 4000;
    const counts = new Float64Array(n * n);
    for (const mask of masks(0.7, n, steps)) for (const [at, bit] of mask.entries()) counts[at] += bit;
    // 100 pairs, each binomial with mean 1,200: the chi-square statistic has 90 degrees of freedom (rows sum to 3 · steps).
    const statistic = counts.reduce((sum, count) => sum + (count - 0.3 * steps) ** 2 / (0.3 * steps * 0.7), 0) * 0.9;
    // Quantiles 0.0001 and 0.9999 of chi-square with 90 degrees of freedom.
    assert.ok(statistic > 48 && statistic < 149, `chi-square ${statistic}`);
  });
  test("masks of two steps share pairs only by chance", () => {
    const [a, b] = masks(0.5, 64, 2);
    const both = a.reduce((sum, bit, at) => sum + (bit & b[at]), 0);
    // Hypergeometric in each of 64 rows: 32 of 64 twice, mean 16, variance 32 · 0.5 · 0.5 · 32/63.
    const deviation = Math.sqrt(64 * 32 * 0.25 * (32 / 63));
    assert.ok(Math.abs(both - 64 * 16) < 5 * deviation, `${both} shared pairs`);
  });
  test("a denser mask of the same draw contains the sparser one", () => {
    const view: HeadView = head(30, 3);
    const [sparse, denser] = [0.8, 0.5].map((sparsity) => random({ sparsity }).keep(view));
    for (const [at, bit] of sparse.entries()) assert.ok(bit <= denser[at]);
    assert.ok(countPairs(view.allowed, sparse).kept < countPairs(view.allowed, denser).kept);
  });
});
