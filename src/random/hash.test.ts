import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { foldKey, hash32, hashWords, maskHash, type RandomKey } from "./index.ts";

/** Every statistic below is a z-score; |z| > 5 has odds of 6e-7, and there are about 160 of them. */
const LIMIT = 5;
type Stream = (index: number) => number;
type Hash = (key: RandomKey) => Stream;

const ours: Hash = (key) => {
  const { key0, key1 } = foldKey(key);
  return (index) => hashWords(key0, key1, index);
};

/** Normal approximation by Wilson and Hilferty. */
function chiSquareZ(statistic: number, freedom: number): number {
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

function uniformityZ(values: Iterable<number>, bins: number): number {
  const counts = new Float64Array(bins);
  let n = 0;
  for (const value of values) {
    counts[value]++;
    n++;
  }
  const expected = n / bins;
  return chiSquareZ(
    counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0),
    bins - 1,
  );
}

/** Correlation of two equally long series of uniform 32-bit numbers, times sqrt(n). */
function correlationZ(a: Stream, b: Stream, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a(i) / 2 ** 32 - 0.5) * (b(i) / 2 ** 32 - 0.5);
  return (sum / n) * 12 * Math.sqrt(n);
}

/** Largest |z| over the 32 × 32 tables "input bit i flips output bit j half of the time". */
function differenceZ(a: Stream, b: Stream, n: number): number {
  let worst = 0;
  const flips = new Float64Array(32);
  for (let i = 0; i < n; i++) {
    const difference = a(i) ^ b(i);
    for (let bit = 0; bit < 32; bit++) flips[bit] += (difference >>> bit) & 1;
  }
  for (const count of flips) worst = Math.max(worst, Math.abs(count - n / 2) / Math.sqrt(n / 4));
  return worst;
}

function* halves(stream: Stream, n: number, shift: number): Iterable<number> {
  for (let i = 0; i < n; i++) yield (stream(i) >>> shift) & 0xffff;
}

/** Pairs of high bytes of two streams: sees dependence of any form, not only linear. */
function* pairs(a: Stream, b: Stream, n: number, shift: number): Iterable<number> {
  for (let i = 0; i < n; i++) yield (((a(i) >>> shift) & 0xff) << 8) | ((b(i) >>> shift) & 0xff);
}

const base: RandomKey = { seed: 1, step: 0, site: 0 };
const neighbours: Record<string, RandomKey> = {
  "seed + 1": { ...base, seed: 2 },
  "step + 1": { ...base, step: 1 },
  "site + 1": { ...base, site: 1 },
  "seed and step swapped": { ...base, seed: 0, step: 1 },
  "site as text": { ...base, site: "0" },
  "seed + 2^32": { ...base, seed: 1 + 2 ** 32 },
  "negative seed": { ...base, seed: -1 },
};

/** Name and z-score of each statistic. */
function battery(hash: Hash, n: number): [string, number][] {
  const scores: [string, number][] = [];
  for (const key of [base, { seed: 42, step: 1000, site: "dropout.layer.3" }]) {
    const stream = hash(key);
    const name = JSON.stringify(key);
    for (const shift of [0, 8, 16]) scores.push([`${name} 16 bits from ${shift}`, uniformityZ(halves(stream, n, shift), 65536)]);
    for (const lag of [1, 2, 3, 4, 64, 768, 65536]) {
      const later: Stream = (i) => stream(i + lag);
      scores.push([`${name} serial correlation, lag ${lag}`, correlationZ(stream, later, n)]);
      scores.push([`${name} serial pairs, lag ${lag}`, uniformityZ(pairs(stream, later, n, 24), 65536)]);
      scores.push([`${name} serial pairs of low bytes, lag ${lag}`, uniformityZ(pairs(stream, later, n, 0), 65536)]);
    }
    const high: Stream = (i) => stream(i) & 0xffff0000;
    const low: Stream = (i) => (stream(i) << 16) >>> 0;
    scores.push([`${name} halves of one hash`, correlationZ((i) => high(i) >>> 0, low, n)]);
    const turned: Stream = (i) => (stream(i) << 16) | (stream(i) >>> 16);
    scores.push([`${name} pairs of halves`, uniformityZ(pairs(stream, turned, n, 24), 65536)]);
    for (let bit = 0; bit < 32; bit++) {
      // Indices whose bit is clear, each pair once.
      const clear = (i: number) => i + ((i >>> bit) << bit);
      const flips = differenceZ(
        (i) => stream(clear(i)),
        (i) => stream(clear(i) ^ (1 << bit)),
        n >> 3,
      );
      scores.push([`${name} avalanche of index bit ${bit}`, flips]);
    }
  }
  for (const [name, key] of Object.entries(neighbours)) {
    const [a, b] = [hash(base), hash(key)];
    scores.push([`${name}: correlation`, correlationZ(a, b, n)]);
    scores.push([`${name}: pairs`, uniformityZ(pairs(a, b, n, 24), 65536)]);
    scores.push([`${name}: low pairs`, uniformityZ(pairs(a, b, n, 0), 65536)]);
    scores.push([`${name}: bits`, differenceZ(a, b, n >> 2)]);
  }
  // Across keys at one index: what a fixed parameter or token sees as the step advances.
  for (const part of ["seed", "step", "site"] as const) {
    const across: Stream = (i) => hash({ ...base, [part]: i })(5);
    scores.push([`over ${part}s: 16 bits`, uniformityZ(halves(across, n, 16), 65536)]);
    scores.push([
      `over ${part}s: serial pairs`,
      uniformityZ(
        pairs(across, (i) => across(i + 1), n, 24),
        65536,
      ),
    ]);
    scores.push([`over ${part}s: bits`, differenceZ(across, (i) => across(i + 1), n >> 3)]);
  }
  return scores;
}

const failures = (hash: Hash, n: number) => battery(hash, n).filter(([, z]) => Math.abs(z) > LIMIT);

describe("maskHash", () => {
  test("passes the battery: its 16 bits here and far off as one number", () => {
    const wide: Hash = (key) => {
      const { key0, key1 } = foldKey(key);
      return (index) => ((maskHash(key0, key1, index) << 16) | maskHash(key0, key1, index + 2 ** 20)) >>> 0;
    };
    assert.deepEqual(failures(wide, 1 << 18), []);
  });

  test("stays the same for ever: resumed runs depend on it", () => {
    const { key0, key1 } = foldKey({ seed: 1, step: 0, site: "a" });
    assert.deepEqual(
      [0, 1, 2 ** 31, 2 ** 32 - 1].map((i) => maskHash(key0, key1, i)),
      // Computed by an independent Python implementation.
      [32073, 36882, 6532, 53878],
    );
  });
});

describe("hash32", () => {
  test("passes the battery: uniform, no serial or cross-stream dependence, avalanche", () => {
    assert.deepEqual(failures(ours, 1 << 18), []);
  });

  test("the battery rejects hashes that are weak in the index or in the key", () => {
    const words = (key: RandomKey) => Number(key.seed) + Number(key.step) * 3 + Number(key.site) * 7;
    const weyl: Hash = (key) => (i) => Math.imul(i + words(key), 0x9e3779b1) >>> 0;
    const oneRound: Hash = (key) => {
      const { key0 } = foldKey(key);
      return (i) => {
        const x = Math.imul(i ^ key0, 0xed5ad4bb);
        return (x ^ (x >>> 15)) >>> 0;
      };
    };
    const unfoldedKey: Hash = (key) => (i) => hashWords(key.seed ^ key.step ^ Number(key.site), 0, i);
    const addedKey: Hash = (key) => (i) => (hashWords(0, 0, i) + Number(key.seed)) >>> 0;
    for (const weak of [weyl, oneRound, unfoldedKey, addedKey]) assert.ok(failures(weak, 1 << 16).length >= 3);
  });

  test("is a bijection of the index", () => {
    const stream = ours(base);
    const seen = new Set<number>();
    for (let i = 0; i < 1 << 18; i++) seen.add(stream(i));
    assert.equal(seen.size, 1 << 18);
  });

  test("keys of a whole study fold to different words", () => {
    const seen = new Set<string>();
    let keys = 0;
    for (let seed = 0; seed < 20; seed++)
      for (let step = 0; step < 500; step++)
        for (let layer = 0; layer < 12; layer++) {
          const { key0, key1 } = foldKey({ seed, step, site: layer });
          const named = foldKey({ seed, step, site: `dropout.${layer}` });
          seen.add(`${key0},${key1}`).add(`${named.key0},${named.key1}`);
          keys += 2;
        }
    assert.equal(seen.size, keys);
  });

  test("every part of the key matters, and hash32 agrees with hashWords", () => {
    const values = Object.values(neighbours).map((key) => hash32(key, 3));
    assert.equal(new Set([...values, hash32(base, 3)]).size, values.length + 1);
    assert.deepEqual(
      values,
      Object.values(neighbours).map((key) => ours(key)(3)),
    );
  });

  test("stays the same for ever: resumed runs depend on it", () => {
    assert.deepEqual(
      [0, 1, 2 ** 31, 2 ** 32 - 1].map((i) => hash32({ seed: 1, step: 0, site: "a" }, i)),
      // Computed by an independent Python implementation.
      [3283922864, 3584116802, 2919818089, 3879070524],
    );
  });

  test("refuses fractions and NaN by name", () => {
    assert.throws(() => hash32({ ...base, step: 0.5 }, 0), {
      code: "random/bad-key",
      message: /RandomKey\.step: expected a safe integer, got 0\.5/,
    });
    assert.throws(() => foldKey({ ...base, site: Number.NaN }), { code: "random/bad-key" });
  });
});
