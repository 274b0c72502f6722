import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, jsonBytes, stableJson } from "./index.ts";

test("stable JSON is that of sorted keys at every depth, whatever order they were set in", () => {
  const one = { b: 1, a: { d: [{ y: 1, x: null }], c: "é" }, gone: undefined };
  const other = { a: { c: "é", d: [{ x: null, y: 1 }] }, b: 1 };
  assert.equal(stableJson(one), '{"a":{"c":"é","d":[{"x":null,"y":1}]},"b":1}');
  assert.equal(stableJson(other), stableJson(one));
  assert.notEqual(stableJson([1, 2]), stableJson([2, 1]));
});
test("JSON files are indented and end with a line break", () => {
  assert.equal(new TextDecoder().decode(jsonBytes({ a: [1] })), '{\n  "a": [\n    1\n  ]\n}\n');
});
test("joined pieces are a copy, in their order", () => {
  const piece = Uint8Array.of(1, 2);
  const all = joined([piece, new Uint8Array(), Uint8Array.of(3)]);
  piece[0] = 9;
  assert.deepEqual(all, Uint8Array.of(1, 2, 3));
});
