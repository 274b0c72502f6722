import assert from "node:assert/strict";
import { test } from "node:test";
import { inTurns } from "./in-turns.ts";

test("each warms up once, then all take turns", async () => {
  const order: string[] = [];
  const work = { a: async () => void order.push("a"), b: async () => void order.push("b") };
  const timings = await inTurns(work, 2);
  assert.deepEqual(order, ["a", "b", "a", "b", "a", "b"]);
  assert.deepEqual(Object.keys(timings), ["a", "b"]);
  for (const { leastMs, medianMs, mostMs } of Object.values(timings))
    assert.ok(0 <= leastMs && leastMs <= medianMs && medianMs <= mostMs);
});
