import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { normalFill } from "../../random/index.ts";
import { block } from "./block.ts";
import { head, headOf, madeUpBatch, row } from "./made-up-heads.fixture.ts";
import { keptKeys } from "./parts/kept-keys.ts";
import type { HeadView } from "./pattern.ts";
import { slidingWindow } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

/** Six tokens, the last of them padding, whose scores are the same for every query. */
function withScores(scores: readonly number[]): HeadView {
  const view = head(6, 1);
  return { ...view, scores: Float32Array.from({ length: 36 }, (_, at) => scores[at % 6]) };
}

/** Scores of made-up queries and keys of width d, and the two. */
function attended(n: number, d: number): { view: HeadView; q: Float32Array; k: Float32Array } {
  const [q, k] = [new Float32Array(n * d), new Float32Array(n * d)];
  normalFill(q, { seed: 1, step: 0, site: "queries" });
  normalFill(k, { seed: 1, step: 0, site: "keys" });
  const dot = (query: number, key: number): number => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += q[query * d + i] * k[key * d + i];
    return sum / Math.sqrt(d);
  };
  const scores = Float32Array.from({ length: n * n }, (_, at) => dot(Math.floor(at / n), at % n));
  return { view: { ...head(n, 0), scores }, q, k };
}

describe("block", () => {
  test("keeps the key blocks with the largest mean, the shorter last one by its own keys, ties to the earlier", () => {
    const kept = (sparsity: number, scores: readonly number[]): number[] =>
      row(block({ sparsity, size: 2 }).keep(withScores(scores)), 6, 3);
    // Means 2, 1.5 and 3; the key behind is padding.
    assert.deepEqual(kept(0.5, [4, 0, 1, 2, 3, 99]), [1, 1, 0, 0, 1, 0]);
    assert.deepEqual(kept(0.8, [4, 0, 1, 2, 3, 99]), [0, 0, 0, 0, 1, 0]);
    assert.deepEqual(kept(0.8, [1, 3, 4, 0, 2, 99]), [1, 1, 0, 0, 0, 0]);
  });
  test("all queries of a block keep the same keys", () => {
    const mask = block({ sparsity: 0.6, size: 4 }).keep(head(23, 2));
    for (let query = 0; query < 21; query++) assert.deepEqual(row(mask, 23, query), row(mask, 23, query - (query % 4)));
    assert.notDeepEqual(row(mask, 23, 0), row(mask, 23, 4));
  });
  test("ranks by the product of queries and keys, each pooled over its block", () => {
    const [n, d, size] = [27, 8, 5];
    const { view, q, k } = attended(n, d);
    const starts = [0, 5, 10, 15, 20, 25];
    const pooled = (x: Float32Array, start: number): number[] =>
      Array.from({ length: d }, (_, i) => {
        const tokens = starts.includes(start + size) ? size : n - start;
        return Array.from({ length: tokens }, (_t, at) => x[(start + at) * d + i]).reduce((a, b) => a + b) / tokens;
      });
    const mask = block({ sparsity: 0.5, size }).keep(view);
    for (const own of starts) {
      const query = pooled(q, own);
      const score = (start: number): number => pooled(k, start).reduce((sum, x, i) => sum + x * query[i], 0);
      const best = [...starts].sort((a, b) => score(b) - score(a)).slice(0, 3);
      const want = Array.from({ length: n }, (_, key) => Number(best.includes(key - (key % size))));
      assert.deepEqual(row(mask, n, own), want);
    }
  });
  test("k counts the example's own blocks, whatever the padding", () => {
    for (const [length, padding] of [
      [1, 0],
      [16, 40],
      [17, 0],
      [47, 1],
      [48, 0],
      [80, 3],
    ]) {
      const mask = block({ sparsity: 0.8 }).keep(head(length + padding, padding));
      const blocks = Math.ceil(length / 16);
      for (let query = 0; query < length; query += 16) {
        const kept = row(mask, length + padding, query);
        assert.equal(Array.from({ length: blocks }, (_, at) => kept[16 * at]).filter(Boolean).length, keptKeys(0.8, blocks));
      }
    }
  });
  test("of one token a block is topK, behind another pattern too", () => {
    const view = headOf(madeUpBatch([19, 23], { seed: 3, ties: true }), 0, 1);
    const near = { ...view, allowed: slidingWindow({ radius: 5 }).keep(view) };
    for (const sparsity of [0, 0.3, 0.8]) {
      for (const seen of [view, near]) {
        assert.deepEqual(block({ sparsity, size: 1 }).keep(seen), topK({ sparsity }).keep(seen));
      }
    }
  });
  test("keepOwn ranks the query's own block first, among the k", () => {
    const own = block({ sparsity: 0.8, size: 2, keepOwn: true }).keep(withScores([9, 9, 0, 0, 1, 99]));
    assert.deepEqual(row(own, 6, 2), [0, 0, 1, 1, 0, 0]);
    assert.deepEqual(row(own, 6, 4), [0, 0, 0, 0, 1, 0]);
    const two = block({ sparsity: 0.5, size: 2, keepOwn: true }).keep(withScores([9, 9, 0, 0, 1, 99]));
    assert.deepEqual(row(two, 6, 3), [1, 1, 1, 1, 0, 0]);
  });
  test("removed pairs count neither in the mean nor as blocks, and an own block that is gone stays gone", () => {
    const view = withScores([99, 0, 1, 2, 3, 99]);
    const without = (...keys: number[]): HeadView => ({
      ...view,
      allowed: view.allowed.map((ok, at) => ok & Number(!keys.includes(at % 6))),
    });
    // Without key 0 its block has mean 0.
    assert.deepEqual(row(block({ sparsity: 0.8, size: 2 }).keep(without(0)), 6, 0), [0, 0, 0, 0, 1, 0]);
    // Two blocks are left, of which half is one.
    assert.deepEqual(row(block({ sparsity: 0.5, size: 2 }).keep(without(0, 1)), 6, 0), [0, 0, 0, 0, 1, 0]);
    assert.deepEqual(row(block({ sparsity: 0.5, size: 2, keepOwn: true }).keep(without(0, 1)), 6, 0), [0, 0, 0, 0, 1, 0]);
  });
  test("a query that has no key in the kept blocks keeps its best allowed one", () => {
    const view = withScores([9, 9, 0, 0, 1, 99]);
    const allowed = view.allowed.map((ok, at) => ok & Number(at >= 6 || at > 1));
    const mask = block({ sparsity: 0.8, size: 2 }).keep({ ...view, allowed });
    assert.deepEqual(
      [row(mask, 6, 0), row(mask, 6, 1)],
      [
        [0, 0, 0, 0, 1, 0],
        [1, 1, 0, 0, 0, 0],
      ],
    );
  });
  test("refuses a wrong size or keepOwn", () => {
    for (const size of [0, -4, 2.5, Number.NaN, "16" as unknown as number]) {
      assert.throws(() => block({ sparsity: 0.5, size }), {
        code: "pattern/bad-parameter",
        message: `block: expected a whole size in tokens, at least 1, got ${size}. 1 ranks single keys.`,
      });
    }
    assert.throws(() => block({ sparsity: 0.5, keepOwn: 1 as unknown as boolean }), { code: "pattern/bad-parameter" });
  });
});
