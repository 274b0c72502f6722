import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePattern } from "../attention/index.ts";
import { withBlockWidth } from "./block-width.ts";

test("a block pattern without a size gets the width that suits the length", () => {
  const widths = [64, 255, 256, 2047, 2048, 4096].map((length) => withBlockWidth("block(sparsity=0.8)", length));
  const expected = [16, 16, 64, 64, 128, 128].map((size) => `block(sparsity=0.8, size=${size})`);
  assert.deepEqual(widths, expected);
});

test("inside a composition too, beside patterns that take no size", () => {
  const text = withBlockWidth("inOrder(topK(sparsity=0.5), block( sparsity=0.8 ), slidingWindow(radius=4))", 1024);
  assert.equal(parsePattern(text).id, "inOrder(topK(sparsity=0.5), block(sparsity=0.8, size=64), slidingWindow(radius=4))");
});

test("a size that was written stays, and other patterns stay as they are", () => {
  for (const text of [
    "block(sparsity=0.8, size=32)",
    "block(size = 4, sparsity=0.5)",
    "dense",
    "topK(sparsity=0.8)",
    "nonsense(",
  ])
    assert.equal(withBlockWidth(text, 4096), text);
});
