import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { globalTokens } from "../global.ts";
import { removedHeads } from "../heads.ts";
import { keptOfGroup } from "../n-of-m.ts";
import { windowRadius } from "../sliding-window.ts";
import { stridedBy } from "../strided.ts";
import { twiceShare } from "./twice-share.ts";

/** Per thousand, so that the oracle needs whole numbers alone. */
const thousandths = Array.from({ length: 1000 }, (_, s) => s);
const pairs = (length: number, keeps: (query: number, key: number) => boolean): number => {
  let kept = 0;
  for (let query = 0; query < length; query++) for (let key = 0; key < length; key++) kept += Number(keeps(query, key));
  return kept;
};

/** Of the parameters `first` … `last` the first that comes closest, by pairs that are counted one by one. */
function oracle(length: number, first: number, last: number, keeps: (by: number, query: number, key: number) => boolean) {
  const removed = new Map<number, number>();
  for (let by = first; by <= last; by++) removed.set(by, length ** 2 - pairs(length, (query, key) => keeps(by, query, key)));
  return (s: number): number => {
    const misses = [...removed.values()].map((count) => Math.abs(1000 * count - s * length ** 2));
    return first + misses.indexOf(Math.min(...misses));
  };
}

describe("a parameter that a sparsity stands for comes closest in exact arithmetic, ties to the smaller", () => {
  const lengths = [...Array.from({ length: 25 }, (_, at) => at + 1), 40, 50];
  const hold = (title: string, of: (s: number, length: number) => number, truth: (length: number) => (s: number) => number) =>
    test(`${title}, at every thousandth and ${lengths.length} lengths`, () => {
      for (const length of lengths) {
        const closest = truth(length);
        for (const s of thousandths) assert.equal(of(s / 1000, length), closest(s), `${s / 1000} of ${length}`);
      }
    });
  hold("a radius", windowRadius, (n) => oracle(n, 0, n - 1, (radius, query, key) => Math.abs(query - key) <= radius));
  hold("global tokens", globalTokens, (n) => oracle(n, 1, n, (tokens, query, key) => query < tokens || key < tokens));
  hold("a stride", stridedBy, (n) => oracle(n, 1, n, (stride, query, key) => (query - key) % stride === 0));
  for (const m of [4, 5]) {
    hold(
      `n of ${m}`,
      (s, length) => keptOfGroup(s, length, m),
      (length) => oracle(length, 1, m, (most, _, key) => key % m < most),
    );
  }
  test("heads, at every thousandth and 1 to 64 heads, a half up", () => {
    for (let heads = 1; heads <= 64; heads++) {
      for (const s of thousandths) {
        assert.equal(removedHeads(s / 1000, heads), Math.min(heads - 1, Math.floor((2 * s * heads + 1000) / 2000)));
      }
    }
  });
  test("where floating point took the larger radius, and the smaller number of heads", () => {
    assert.equal(windowRadius(0.36, 10), 3);
    assert.equal(removedHeads(0.58, 25), 15);
  });
  test("under a ramp, at every step of it", () => {
    for (const steps of [3, 7, 10, 100, 300]) {
      for (let step = 1; step < steps; step++) {
        const closest = oracle(10, 0, 9, (radius, query, key) => Math.abs(query - key) <= radius);
        for (const s of [210, 360, 420, 570, 840, 900]) {
          if ((s * step) % steps !== 0) continue;
          assert.equal(windowRadius((step / steps) * (s / 1000), 10), closest((s * step) / steps), `${step} of ${steps}: ${s}`);
        }
      }
    }
  });
});

describe("at every hundredth, as it is typed, and every length from 1 to 160", () => {
  const typed = Array.from({ length: 100 }, (_, hundredths) => `0.${String(hundredths).padStart(2, "0")}`);
  type Kept = (by: number, length: number) => number;
  /** In whole numbers: which of the candidates misses s · n² by the least, ties to the smaller. */
  function inWholeNumbers(s: string, length: number, candidates: readonly number[], kept: Kept): number {
    const pairs = BigInt(length) ** 2n;
    const misses = candidates.map((by) => 100n * (pairs - BigInt(kept(by, length))) - BigInt(s.slice(2)) * pairs);
    const sizes = misses.map((miss) => (miss < 0n ? -miss : miss));
    return candidates[sizes.indexOf(sizes.reduce((a, b) => (b < a ? b : a)))];
  }
  function inFloatingPoint(s: string, length: number, candidates: readonly number[], kept: Kept): number {
    const misses = candidates.map((by) => Math.abs(1 - kept(by, length) / length ** 2 - Number(s)));
    return candidates[misses.indexOf(Math.min(...misses))];
  }
  const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const rules: [string, (s: number, n: number) => number, (n: number) => number[], Kept, number][] = [
    ["a radius", windowRadius, (n) => from(0, n - 1), (r, n) => n * (2 * r + 1) - r * (r + 1), 57],
    ["global tokens", globalTokens, (n) => from(1, n), (g, n) => n ** 2 - (n - g) ** 2, 4],
    [
      "a stride",
      stridedBy,
      (n) => from(1, n),
      (t, n) => (n % t) * (Math.floor(n / t) + 1) ** 2 + (t - (n % t)) * Math.floor(n / t) ** 2,
      6,
    ],
    ["n of 4", (s, n) => keptOfGroup(s, n, 4), () => from(1, 4), (k, n) => n * (Math.floor(n / 4) * k + Math.min(k, n % 4)), 4],
  ];
  for (const [title, rule, candidates, kept, differ] of rules) {
    test(`${title} is the closest in whole numbers; floating point would choose another one ${differ} times`, () => {
      let others = 0;
      for (let length = 1; length <= 160; length++) {
        for (const s of typed) {
          const closest = inWholeNumbers(s, length, candidates(length), kept);
          assert.equal(rule(Number(s), length), closest, `${s} of ${length}`);
          others += Number(inFloatingPoint(s, length, candidates(length), kept) !== closest);
        }
      }
      assert.equal(others, differ);
    });
  }
});

describe("twiceShare", () => {
  test("is exact where the product is whole, and between two whole numbers elsewhere", () => {
    assert.deepEqual([twiceShare(0.36, 100), twiceShare(0.3, 4), twiceShare(0.5, 1), twiceShare(0, 7)], [72, 2.5, 1, 0]);
    assert.equal(twiceShare(1 / 8192, 8192 ** 2), 16384);
    assert.equal(twiceShare(0.1 + 0.2, 10), 6);
  });
});
