import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { keptKeys, keysOfRow } from "./parts/kept-keys.ts";
import type { HeadView } from "./pattern.ts";
import { topK } from "./top-k.ts";

const key = { seed: 1, step: 0, layer: 0, head: 0, example: 0 };
/** A view whose first query has the given scores and allows the given keys. */
function firstQuery(scores: readonly number[], allowed: readonly number[] = scores.map(() => 1)): HeadView {
  const n = scores.length;
  const rest = Array<number>(n * n - n).fill(0);
  return {
    n,
    key,
    heads: 1,
    scores: Float32Array.from([...scores, ...rest]),
    allowed: Uint8Array.from([...allowed, ...rest.map((x) => x + 1)]),
  };
}

describe("keptKeys", () => {
  test("0.8 of 10 keeps 2, and float error never adds a key", () => {
    const cases: [number, number, number][] = [
      [0.8, 10, 2],
      [0.8, 1, 1],
      [0.9, 10, 1],
      [0.7, 10, 3],
      [0, 7, 7],
      [0.8, 12, 3],
      [0.8, 128, 26],
      [0.8, 512, 103],
      [0.999, 5, 1],
      [0.5, 0, 1],
    ];
    for (const [sparsity, valid, k] of cases) assert.equal(keptKeys(sparsity, valid), k, `${sparsity} of ${valid}`);
  });
  test("is exact for every whole percentage", () => {
    for (let percent = 0; percent < 100; percent++) {
      for (let valid = 1; valid <= 600; valid++) {
        const want = Math.max(1, Math.ceil(((100 - percent) * valid) / 100));
        assert.equal(keptKeys(percent / 100, valid), want, `${percent} % of ${valid}`);
      }
    }
  });
});

describe("keysOfRow", () => {
  test("over 128 or 512 padded tokens a short text loses nothing", () => {
    assert.equal(keysOfRow(0.8, 26, 128), 26);
    assert.equal(keysOfRow(0.8, 27, 128), 26);
    assert.equal(keysOfRow(0.8, 103, 512), 103);
    assert.equal(keysOfRow(0.8, 104, 512), 103);
  });
  test("a text longer than the padding is ranked over its own keys", () => {
    assert.equal(keysOfRow(0, 200, 128), 200);
    assert.equal(keysOfRow(0.5, 200, 128), 100);
  });
});

describe("topK", () => {
  test("ties go to the earlier key", () => {
    assert.deepEqual(row(topK({ sparsity: 0.75 }).keep(firstQuery([1, 5, 5, 0])), 4, 0), [0, 1, 0, 0]);
  });
  test("the share is taken of the keys that are still allowed", () => {
    const view = firstQuery([9, 1, 2, 8], [0, 1, 1, 1]);
    assert.deepEqual(row(topK({ sparsity: 0.5 }).keep(view), 4, 0), [0, 0, 1, 1]);
  });
  test("paddedTo takes the share of that many keys", () => {
    const view = firstQuery([4, 3, 2, 1]);
    assert.deepEqual(row(topK({ sparsity: 0.5, rankOver: { paddedTo: 6 } }).keep(view), 4, 0), [1, 1, 1, 0]);
    assert.deepEqual(row(topK({ sparsity: 0.5, rankOver: { paddedTo: 128 } }).keep(view), 4, 0), [1, 1, 1, 1]);
  });
  test("keepSpecial keeps the first and the last real key, among the k where they fit", () => {
    const pattern = topK({ sparsity: 0.25, keepSpecial: true });
    assert.deepEqual(row(pattern.keep(firstQuery([0, 3, 4, 1])), 4, 0), [1, 0, 1, 1]);
    assert.deepEqual(row(topK({ sparsity: 0.75, keepSpecial: true }).keep(firstQuery([0, 3, 4, 1])), 4, 0), [1, 0, 0, 1]);
    const padded = topK({ sparsity: 0.8, keepSpecial: true }).keep(head(12, 3));
    for (let query = 0; query < 9; query++) {
      const kept = row(padded, 12, query);
      assert.deepEqual([kept[0], kept[8]], [1, 1]);
      assert.equal(kept.filter(Boolean).length, 2);
    }
  });
  test("keepSpecial brings no removed pair back", () => {
    const view = firstQuery([0, 3, 4, 1], [0, 1, 1, 1]);
    assert.deepEqual(row(topK({ sparsity: 0.5, keepSpecial: true }).keep(view), 4, 0), [0, 0, 1, 1]);
  });
  test("refuses a wrong paddedTo or keepSpecial", () => {
    for (const paddedTo of [0, -128, 12.5, Number.NaN]) {
      assert.throws(() => topK({ sparsity: 0.8, rankOver: { paddedTo } }), {
        code: "pattern/bad-parameter",
        message: `topK: expected paddedTo as a whole number of tokens, at least 1, got ${paddedTo}.`,
      });
    }
    assert.throws(() => topK({ sparsity: 0.8, keepSpecial: 1 as unknown as boolean }), { code: "pattern/bad-parameter" });
    assert.throws(() => topK({ sparsity: "0.8" as unknown as number }), { code: "pattern/bad-parameter" });
  });
});
