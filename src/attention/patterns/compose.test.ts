import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePattern } from "./parse-pattern.ts";

describe("a union", () => {
  test("has blocks where each part keeps pairs by place, whatever their order", () => {
    for (const id of ["anyOf(slidingWindow(radius=2), global(tokens=1))", "anyOf(anyOf(global(tokens=1)), strided(stride=128))"])
      assert.ok(parsePattern(id).blocks, id);
    for (const id of ["anyOf(slidingWindow(radius=2), topK(sparsity=0.5))", "anyOf(slidingWindow(radius=2), strided(stride=2))"])
      assert.equal(parsePattern(id).blocks, undefined, id);
  });
  test("in order has none: a part behind another one takes its share of what that left", () => {
    assert.equal(parsePattern("inOrder(slidingWindow(radius=2), global(tokens=1))").blocks, undefined);
  });
});
