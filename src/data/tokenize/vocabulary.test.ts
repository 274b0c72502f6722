import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenizer } from "./tokenizer.ts";
import { buildVocabulary } from "./vocabulary.ts";

const texts = [
  "Where is my refund? I want my refund!",
  "The app crashes, the café closes; the naïve user waits.",
  "Where is the Σίσυφος of Ελλάς? 中文 𠀀 the end",
];

function vocabularyOf(source: readonly string[], options = {}): string[] {
  const { vocab } = (buildVocabulary(source, options).tokenizerJson as { model: { vocab: Record<string, number> } }).model;
  return Object.entries(vocab)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);
}

describe("buildVocabulary", () => {
  test("begins with BERT's special tokens, then characters and their ## forms, then words by count", () => {
    const vocabulary = vocabularyOf(["b a b", "b aa aa", "aa cc"]);
    assert.deepEqual(vocabulary, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "c", "##c", "aa"]);
  });

  test("makes a tokenizer that knows every training text", () => {
    const tokenizer = createTokenizer(buildVocabulary(texts));
    for (const text of texts) assert.ok(!tokenizer.tokens(tokenizer.encode(text).inputIds).includes("[UNK]"), text);
    assert.deepEqual(tokenizer.tokens(tokenizer.encode("WHERE is the refund, café").inputIds), [
      ..."[CLS] where is the refund , c ##a ##f ##e [SEP]".split(" "),
    ]);
  });

  test("spells new words, and marks characters that no text had", () => {
    const tokenizer = createTokenizer(buildVocabulary(texts));
    const tokens = tokenizer.tokens(tokenizer.encode("rent ж").inputIds);
    assert.deepEqual(tokens, ["[CLS]", "r", "##e", "##n", "##t", "[UNK]", "[SEP]"]);
  });

  test("keeps to its size: half for characters, the rest for the most frequent words", () => {
    for (const size of [7, 8, 30, 45, 80]) assert.ok(vocabularyOf(texts, { size }).length <= size, `${size}`);
    const small = vocabularyOf(texts, { size: 30 });
    assert.equal(small.filter((token) => token.startsWith("##")).length, 12);
    assert.deepEqual(small.slice(-1), ["the"]);
  });

  test("is the same for the same texts in another order, whatever the locale", () => {
    assert.deepEqual(buildVocabulary(texts), buildVocabulary(texts.toReversed()));
    assert.deepEqual(JSON.parse(JSON.stringify(buildVocabulary(texts))), buildVocabulary(texts));
  });

  test("leaves out words that stand once", () => {
    const vocabulary = vocabularyOf(texts);
    assert.ok(vocabulary.includes("refund"));
    assert.ok(!vocabulary.includes("crashes"));
  });

  test("refuses a size without room for words", () => {
    for (const size of [6, 7.5, Number.NaN]) {
      assert.throws(() => buildVocabulary(texts, { size }), {
        code: "data/vocabulary-size",
        message: `size: expected a whole number of entries, at least 7, got ${size}.`,
      });
    }
  });

  test("of no text at all still loads", () => {
    const tokenizer = createTokenizer(buildVocabulary([]));
    assert.equal(tokenizer.vocabularySize, 5);
    assert.deepEqual([...tokenizer.encode("x").inputIds], [2, 1, 3]);
  });
});
