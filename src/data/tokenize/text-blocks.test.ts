import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeWords } from "./encode-dataset.ts";
import { readDocuments, textBlocks } from "./text-blocks.ts";
import { createTokenizer } from "./tokenizer.ts";
import { bertTokenizerJson } from "./tokenizer-json.ts";

const words = ["a", "b", "c", "d", "e"];
const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
const bert = bertTokenizerJson({
  vocabulary,
  specialTokens: vocabulary.slice(0, 5),
  model: { type: "WordLevel" },
  maxLength: 6,
});
const tokenizer = createTokenizer({ ...bert, maxLength: 6 });
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

const text = (id: string): object => ({ Sequence: { id, type_id: 0 } });
const cls = { SpecialToken: { id: "[CLS]", type_id: 0 } };
const sep = { SpecialToken: { id: "[SEP]", type_id: 0 } };
const { post_processor: bertTemplate } = bert.tokenizerJson as { post_processor: object };
/** The tokenizer with another template for one text. */
const templated = (...single: readonly object[]) => {
  const post_processor = single.length === 1 ? null : { ...bertTemplate, single, pair: [...single, text("B")] };
  return createTokenizer({ ...bert, tokenizerJson: { ...bert.tokenizerJson, post_processor }, maxLength: 6 });
};

const templates: [name: string, single: readonly object[], blocks: readonly string[]][] = [
  ["no special token", [text("A")], ["a b c d e a", "b c"]],
  ["one in front", [cls, text("A")], ["[CLS] a b c d e", "[CLS] a b c"]],
  ["one behind", [text("A"), sep], ["a b c d e [SEP]", "a b c [SEP]"]],
  ["two in front", [cls, cls, text("A")], ["[CLS] [CLS] a b c d", "[CLS] [CLS] e a b c"]],
];
for (const [name, single, blocks] of templates) {
  test(`a template with ${name}: blocks have it, and are filled to the tokenizer's length`, () => {
    const other = templated(...single);
    const tokens = (ids: Int32Array): string => other.tokens(ids).join(" ");
    assert.deepEqual(
      textBlocks(["a b c d e", "", "a b c"], other).map(({ inputIds }) => tokens(inputIds)),
      blocks,
    );
    const [line] = textBlocks(["a b c d e a b c"], other, { lineByLine: true });
    assert.equal(tokens(line.inputIds), tokens(other.encode("a b c d e a b c").inputIds));
  });

  test(`a template with ${name}: words are tokenised as their text is`, () => {
    const other = templated(...single);
    const { inputIds, wordOf } = encodeWords(other, words);
    assert.deepEqual(inputIds, other.encode(words.join(" ")).inputIds);
    assert.deepEqual(
      [...inputIds].map((id) => (id > 4 ? id - 5 : -1)),
      wordOf,
    );
  });
}
