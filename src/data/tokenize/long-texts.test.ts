import assert from "node:assert/strict";
import { test } from "node:test";
import { demoTokenizer } from "../../studies/index.ts";
import { cutTokens, LONG_TEXTS, shortened, windowsOf } from "./long-texts.ts";
import { createTokenizer } from "./tokenizer.ts";

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

test("a shortened text keeps its first and last token, and head and tail between them", () => {
  const encoded = {
    inputIds: Int32Array.of(101, 1, 2, 3, 4, 5, 6, 7, 8, 102),
    tokenTypeIds: Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1),
  };
  assert.equal(shortened(encoded, 10), encoded);
  assert.deepEqual(shortened(encoded, 6), {
    inputIds: Int32Array.of(101, 1, 6, 7, 8, 102),
    tokenTypeIds: Int32Array.of(0, 0, 1, 1, 1, 1),
    truncated: true,
  });
});

test("windows overlap by the stride, hold every token, and the last ends with the text", () => {
  assert.deepEqual(windowsOf(ids, { size: 4, stride: 1, most: 16 }).windows, [
    [1, 2, 3, 4],
    [4, 5, 6, 7],
    [7, 8],
  ]);
  for (let length = 0; length < 40; length++)
    for (const stride of [0, 1, 4]) {
      const text = Array.from({ length }, (_, at) => at);
      const { windows, truncated } = windowsOf(text, { size: 5, stride, most: 100 });
      assert.deepEqual([...new Set(windows.flat())], text);
      assert.equal(windows.length, Math.max(1, Math.ceil((length - stride) / (5 - stride))));
      assert.ok(!truncated && windows.slice(0, -1).every((window) => window.length === 5));
    }
});

test("of more windows than are read the rest is cut, which is said", () => {
  const { windows, truncated } = windowsOf(ids, { size: 3, stride: 1, most: 2 });
  assert.deepEqual([windows, truncated], [[ids.slice(0, 3), ids.slice(2, 5)], true]);
  assert.equal(windowsOf(ids.slice(0, 5), { size: 3, stride: 1, most: 2 }).truncated, false);
});

test("a tokenizer cuts windows between special tokens, and a text of one window as its head", () => {
  const whole = createTokenizer({ ...demoTokenizer(), maxLength: 100 });
  const chunks = whole.fit({ maxLength: 8, longTexts: "chunks", docStride: 2 });
  const head = whole.fit({ maxLength: 8 });
  assert.deepEqual(chunks.encode("a fine film"), head.encode("a fine film"));
  const text = "a fine film and a dull film and the story of the day";
  const { others = [], ...first } = chunks.encode(text);
  assert.deepEqual(first, { ...head.encode(text), truncated: false });
  const inner = [first, ...others].map(({ inputIds }) => [...inputIds].slice(1, -1));
  const [all] = [whole.encodeAll(text)];
  assert.deepEqual(
    inner.flatMap((window, at) => window.slice(at === 0 ? 0 : 2)),
    all,
  );
  for (const { inputIds } of others) assert.deepEqual([inputIds[0], inputIds.at(-1)], [first.inputIds[0], first.inputIds.at(-1)]);
});

test("windows that share all their tokens, and those of a pair of texts, are refused", () => {
  const { fit } = createTokenizer(demoTokenizer());
  for (const docStride of [6, -1, 1.5])
    assert.throws(() => fit({ maxLength: 8, longTexts: "chunks", docStride }), {
      code: "tokenizer/bad-stride",
      message: `docStride: expected a whole number of tokens from 0 to 5, one less than a window has room for, got ${docStride}.`,
    });
  assert.throws(() => fit({ longTexts: "chunks" }).encode("a film", "a day"), { code: "tokenizer/pair-in-windows" });
});
