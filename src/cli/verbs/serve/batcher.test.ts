import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as after } from "node:timers/promises";
import { type BatcherSettings, createBatcher } from "./batcher.ts";

type Settings = BatcherSettings<number, number>;

/** Computes by squaring, when told to. */
function held(settings: Partial<Settings> = {}) {
  const batches: (readonly number[])[] = [];
  const turns: PromiseWithResolvers<void>[] = [];
  const compute = async (items: readonly number[]) => {
    const turn = Promise.withResolvers<void>();
    batches.push(items);
    turns.push(turn);
    await turn.promise;
    return items.map((item) => item * item);
  };
  const batcher = createBatcher({ compute, maxBatchSize: 4, maxWaitMs: 0, maxQueueSize: 100, ...settings });
  const finish = async (): Promise<void> => {
    turns.shift()!.resolve();
    await after(0);
  };
  return { batcher, batches, finish };
}

test("what comes while a batch is computed is computed together, in its order, and each gets its own results", async () => {
  const { batcher, batches, finish } = held();
  const asked = [batcher.add([1]), batcher.add([2, 3]), batcher.add([4]), batcher.add([5, 6])];
  assert.equal(batcher.length, 5);
  for (let turn = 0; turn < 3; turn++) await finish();
  assert.deepEqual(batches, [[1], [2, 3, 4, 5], [6]]);
  assert.deepEqual(await Promise.all(asked), [[1], [4, 9], [16], [25, 36]]);
});

test("a batch that is not full waits for company as long as it may, a full one not at all", async () => {
  const { batcher, batches, finish } = held({ maxWaitMs: 30 });
  const asked = [batcher.add([1]), batcher.add([2])];
  await after(5);
  assert.deepEqual(batches, [], "still waiting");
  await after(50);
  assert.deepEqual(batches, [[1, 2]]);
  await finish();
  asked.push(batcher.add([3, 4, 5, 6]));
  assert.deepEqual(batches[1], [3, 4, 5, 6]);
  await finish();
  await Promise.all(asked);
});

test("a request that finds no room is refused as a whole with the time of the next try; what waits is not touched", async () => {
  const { batcher, finish } = held({ maxQueueSize: 3 });
  const asked = [batcher.add([1]), batcher.add([2, 3])];
  await assert.rejects(batcher.add([4, 5]), { status: 503, code: "serve/busy", headers: { "Retry-After": "1" } });
  asked.push(batcher.add([6]));
  for (let turn = 0; turn < 2; turn++) await finish();
  assert.deepEqual(await Promise.all(asked), [[1], [4, 9], [36]]);
});

test("the time of the next try follows from how long texts took", async () => {
  const compute = async (items: readonly number[]) => {
    await after(30);
    return items;
  };
  const batcher = createBatcher({ compute, maxBatchSize: 1, maxWaitMs: 0, maxQueueSize: 101 });
  await batcher.add([0]);
  const stop = new AbortController();
  const waiting = batcher.add(new Array(101).fill(0), stop.signal);
  await assert.rejects(batcher.add([0, 0]), ({ headers }: { headers: Record<string, string> }) => {
    assert.ok(Number(headers["Retry-After"]) >= 3, headers["Retry-After"]);
    return true;
  });
  stop.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});

test("what nobody waits for any more is not computed", async () => {
  const { batcher, batches, finish } = held();
  const gone = new AbortController();
  const asked = [batcher.add([1]), batcher.add([3])];
  const left = assert.rejects(batcher.add([2], gone.signal), { name: "AbortError" });
  gone.abort();
  await left;
  for (let turn = 0; turn < 2; turn++) await finish();
  assert.deepEqual(batches, [[1], [3]]);
  await Promise.all(asked);
  await assert.rejects(batcher.add([4], gone.signal), { name: "AbortError" });
});

test("what nobody waits for any more gives its places to others at once", async () => {
  const { batcher, finish } = held({ maxQueueSize: 2 });
  const asked = [batcher.add([1])];
  const gone = new AbortController();
  const left = assert.rejects(batcher.add([2, 3], gone.signal), { name: "AbortError" });
  await assert.rejects(batcher.add([4]), { code: "serve/busy" });
  gone.abort();
  assert.equal(batcher.length, 0);
  asked.push(batcher.add([5, 6]));
  await left;
  for (let turn = 0; turn < 2; turn++) await finish();
  assert.deepEqual(await Promise.all(asked), [[1], [25, 36]]);
});

test("a failed batch fails its own requests and no others", async () => {
  const compute = async ([item]: readonly number[]) => {
    if (item === 1) throw new Error("damaged");
    return [item];
  };
  const batcher = createBatcher({ compute, maxBatchSize: 1, maxWaitMs: 0, maxQueueSize: 9 });
  const [bad, good] = await Promise.allSettled([batcher.add([1]), batcher.add([2])]);
  assert.equal((bad as PromiseRejectedResult).reason.message, "damaged");
  assert.deepEqual((good as PromiseFulfilledResult<number[]>).value, [2]);
});
