import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../random/index.ts";
import {
  batches,
  batchOrder,
  collate,
  evaluationBatches,
  evaluationOrder,
  meanOfWindows,
  paddingRatio,
  tokenCounts,
} from "./batching.ts";
import type { Encoded } from "./types.ts";

const made = (n: number): Encoded[] =>
  Array.from({ length: n }, (_, index) => {
    const length = 2 + Math.floor(60 * uniform({ seed: 1, step: n, site: "lengths" }, index) ** 3);
    const inputIds = Int32Array.from({ length }, (_, at) => 1 + ((index * 31 + at) % 97));
    return { index, label: index % 3, inputIds, tokenTypeIds: inputIds.map((id) => id % 2), truncated: false };
  });
const flat = (order: readonly Uint32Array[]) => order.flatMap((batch) => [...batch]);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const ascending = (list: number[]) => [...list].sort((a, b) => a - b);

for (const [n, batchSize] of [
  [1, 32],
  [31, 32],
  [32, 32],
  [33, 32],
  [1000, 7],
  [4001, 16],
]) {
  const lengths = tokenCounts(made(n));
  for (const lengthGrouped of [true, false]) {
    test(`${n} examples by ${batchSize}, grouped ${lengthGrouped}: every example once, one batch short at most`, () => {
      const order = batchOrder({ lengths, batchSize, seed: 1, epoch: 0, lengthGrouped });
      assert.deepEqual(ascending(flat(order)), upTo(n));
      assert.equal(order.length, Math.ceil(n / batchSize));
      assert.ok(order.filter((batch) => batch.length < batchSize).length <= 1);
    });
    test(`${n} examples by ${batchSize}, grouped ${lengthGrouped}: dropLast leaves whole batches without repeats`, () => {
      const order = batchOrder({ lengths, batchSize, seed: 1, epoch: 0, lengthGrouped, dropLast: true });
      assert.equal(order.length, Math.floor(n / batchSize));
      assert.ok(order.every((batch) => batch.length === batchSize));
      assert.equal(new Set(flat(order)).size, order.length * batchSize);
    });
  }
  test(`${n} examples by ${batchSize}: evaluation has every example once, by length`, () => {
    const order = flat(evaluationOrder({ lengths, batchSize }));
    assert.deepEqual(ascending(order), upTo(n));
    for (let at = 1; at < n; at++) {
      const [a, b] = [order[at - 1], order[at]];
      assert.ok(lengths[a] < lengths[b] || (lengths[a] === lengths[b] && a < b));
    }
  });
}

test("evaluation batches of long texts hold fewer of them, down to one", () => {
  const sizes = (length: number) =>
    evaluationOrder({ lengths: Array(70).fill(length), batchSize: 64 }).map((batch) => batch.length);
  assert.deepEqual(sizes(64), [64, 6]);
  assert.deepEqual(sizes(128), [32, 32, 6]);
  assert.deepEqual(sizes(1500).slice(0, 2), [2, 2]);
  assert.deepEqual(new Set(sizes(5000)), new Set([1]));
  assert.deepEqual(
    evaluationOrder({ lengths: [4000, 10, 10, 90], batchSize: 64 }).map((batch) => [...batch]),
    [[1, 2, 3], [0]],
  );
});

test("the order is a function of seed and epoch; each changes it", () => {
  const lengths = tokenCounts(made(500));
  const order = (seed: number, epoch: number) => flat(batchOrder({ lengths, batchSize: 16, seed, epoch }));
  assert.deepEqual(order(1, 2), order(1, 2));
  assert.notDeepEqual(order(1, 2), order(1, 3));
  assert.notDeepEqual(order(1, 2), order(2, 2));
});
test("dropLast leaves out other examples each epoch", () => {
  const lengths = tokenCounts(made(100));
  const left = (epoch: number) => {
    const kept = new Set(flat(batchOrder({ lengths, batchSize: 32, seed: 1, epoch, dropLast: true })));
    return upTo(100).filter((at) => !kept.has(at));
  };
  assert.equal(left(0).length, 4);
  assert.notDeepEqual(left(0), left(1));
});
test("length grouping saves padding without sorting the epoch by length", () => {
  const lengths = tokenCounts(made(8000));
  const order = batchOrder({ lengths, batchSize: 32, seed: 1, epoch: 0 });
  const mixed = batchOrder({ lengths, batchSize: 32, seed: 1, epoch: 0, lengthGrouped: false });
  assert.ok(paddingRatio(order, lengths) < 1.1);
  assert.ok(paddingRatio(mixed, lengths) > 2);
  const longest = order.map((batch) => Math.max(...Array.from(batch, (at) => lengths[at])));
  const rises = longest.filter((length, at) => at > 0 && length > longest[at - 1]).length;
  assert.ok(rises > 0.3 * order.length && rises < 0.7 * order.length, `${rises} rises in ${order.length} batches`);
});
test("paddingRatio is 1 without padding, and counts the padding by hand", () => {
  assert.equal(paddingRatio([Uint32Array.of(0, 1)], [5, 5]), 1);
  assert.equal(paddingRatio([Uint32Array.of(0, 2), Uint32Array.of(1)], [2, 3, 4]), 11 / 9);
});

test("collate pads at the end of each row and keeps what the rows are", () => {
  const row = (index: number, ids: number[]): Encoded => ({
    index,
    label: index + 1,
    inputIds: Int32Array.from(ids),
    tokenTypeIds: Int32Array.from(ids, () => 1),
    truncated: false,
  });
  assert.deepEqual(collate([row(7, [4, 5, 6]), row(3, [8])], 9), {
    size: 2,
    length: 3,
    inputIds: Int32Array.of(4, 5, 6, 8, 9, 9),
    tokenTypeIds: Int32Array.of(1, 1, 1, 1, 0, 0),
    lengths: Int32Array.of(3, 1),
    labels: Float32Array.of(8, 4),
    labelSets: [undefined, undefined],
    indices: Int32Array.of(7, 3),
  });
  assert.equal(collate([row(0, [1, 2, 3])], 0, 8).length, 8);
  assert.throws(() => collate([], 0), { code: "data/empty" });
});
test("batches give the tokens of every example back, and resume where asked", () => {
  const encoded = made(100);
  const options = { batchSize: 8, seed: 4, epoch: 1, padTokenId: 0 };
  for (const all of [[...batches(encoded, options)], [...evaluationBatches(encoded, options)]]) {
    const seen: number[] = [];
    for (const batch of all) {
      assert.equal(batch.length, Math.max(...batch.lengths));
      batch.indices.forEach((index, row) => {
        const { inputIds, tokenTypeIds, label } = encoded[index];
        const cells = [row * batch.length, row * batch.length + batch.lengths[row]] as const;
        assert.deepEqual(batch.inputIds.slice(...cells), inputIds);
        assert.deepEqual(batch.tokenTypeIds.slice(...cells), tokenTypeIds);
        assert.ok(batch.inputIds.subarray(cells[1], (row + 1) * batch.length).every((id) => id === 0));
        assert.equal(batch.labels[row], label);
        seen.push(index);
      });
    }
    assert.deepEqual(ascending(seen), upTo(100));
  }
  assert.deepEqual([...batches(encoded, { ...options, from: 5 })], [...batches(encoded, options)].slice(5));
});
test("a batch size that is no whole number above 0 is refused", () => {
  for (const batchSize of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => batchOrder({ lengths: [1], batchSize, seed: 1, epoch: 0 }), { code: "data/bad-batch-size" });
    assert.throws(() => evaluationOrder({ lengths: [1], batchSize }), { code: "data/bad-batch-size" });
  }
});

test("an example of several windows has a row for each, and its label once", () => {
  const [a, b, c] = made(3);
  const windows = [c, a].map(({ inputIds, tokenTypeIds, truncated }) => ({ inputIds, tokenTypeIds, truncated }));
  const batch = collate([a, { ...b, others: windows }, c], 0);
  assert.deepEqual(
    [batch.size, [...batch.exampleOf!], [...batch.labels]],
    [5, [0, 1, 1, 1, 2], [a, b, c].map(({ label }) => label)],
  );
  assert.deepEqual([...batch.indices], [0, 1, 1, 1, 2]);
  assert.deepEqual(
    [...batch.lengths],
    [a, b, c, a, c].map(({ inputIds }) => inputIds.length),
  );
  assert.equal(collate([a, b], 0).exampleOf, undefined);
});

test("the mean of one window is the window itself", () => {
  const rows = [
    [0.1, -3],
    [1, 2],
    [2, 6],
  ];
  assert.deepEqual(meanOfWindows(rows, Int32Array.of(0, 1, 1)), [
    [0.1, -3],
    [1.5, 4],
  ]);
});
