import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocuments, textBlocks } from "./text-blocks.ts";
import { createTokenizer } from "./tokenizer.ts";
import { bertTokenizerJson } from "./tokenizer-json.ts";

const words = ["a", "b", "c", "d", "e"];
const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
const tokenizer = createTokenizer({
  ...bertTokenizerJson({
    vocabulary,
    specialTokens: vocabulary.slice(0, 5),
    model: { type: "WordLevel" },
    maxLength: 6,
  }),
  maxLength: 6,
});
const shown = (documents: readonly string[], options?: { lineByLine: boolean }): string[] =>
  textBlocks(documents, tokenizer, options).map(({ inputIds }) => tokenizer.tokens(inputIds).join(" "));

test("documents are parted by empty lines, of whatever line ends", () => {
  assert.deepEqual(readDocuments("a b\nc\n\n \n\nd\r\n\r\ne\n", "t"), ["a b\nc", "d", "e"]);
  assert.throws(() => readDocuments(" \n\n", "t.txt"), { code: "data/empty" });
});

test("blocks are filled across lines and documents, a [SEP] between documents", () => {
  assert.deepEqual(shown(["a b c\nd e", "a b"]), ["[CLS] a b c d [SEP]", "[CLS] e [SEP] a b [SEP]"]);
});

test("no block is longer than the tokenizer's length, wherever a document ends", () => {
  for (let length = 1; length <= 12; length++) {
    const document = Array.from({ length }, (_, at) => words[at % 5]).join(" ");
    const blocks = textBlocks([document, document, document], tokenizer);
    assert.ok(blocks.every(({ inputIds }) => inputIds.length <= 6 && inputIds[0] === 2 && inputIds.at(-1) === 3));
    const kept = blocks.flatMap(({ inputIds }) => [...inputIds].filter((id) => id > 4));
    assert.equal(kept.length, 3 * length, "every word once");
    assert.deepEqual(
      blocks.map(({ index }) => index),
      blocks.map((_, at) => at),
    );
  }
});

test("line by line, every line is a block of its own, cut at the length", () => {
  assert.deepEqual(shown(["a b\n\nc d e a b", "e"], { lineByLine: true }), [
    "[CLS] a b [SEP]",
    "[CLS] c d e a [SEP]",
    "[CLS] e [SEP]",
  ]);
});
