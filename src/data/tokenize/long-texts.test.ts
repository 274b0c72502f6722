import assert from "node:assert/strict";
import { test } from "node:test";
import { cutTokens, LONG_TEXTS } from "./long-texts.ts";

const ids = [1, 2, 3, 4, 5, 6, 7, 8];

test("a text that fits stays whole, however it would be cut", () => {
  for (const how of LONG_TEXTS) for (const kept of [8, 9]) assert.deepEqual(cutTokens(ids, kept, how), ids);
});

test("head keeps the beginning; head_tail a quarter of the room for it, and the end", () => {
  assert.deepEqual(cutTokens(ids, 4, "head"), [1, 2, 3, 4]);
  assert.deepEqual(cutTokens(ids, 4, "head_tail"), [1, 6, 7, 8]);
  assert.deepEqual(cutTokens(ids, 7, "head_tail"), [1, 2, 4, 5, 6, 7, 8]);
  assert.deepEqual(cutTokens(ids, 1, "head_tail"), [8]);
  assert.deepEqual(cutTokens(ids, 0, "head_tail"), []);
});
