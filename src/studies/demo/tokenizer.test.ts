import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenizer } from "../../data/index.ts";
import { demoTokenizer, demoVocabulary } from "./tokenizer.ts";

const tokenizer = createTokenizer(demoTokenizer());
const tokens = (text: string): string[] => tokenizer.tokens(tokenizer.encode(text).inputIds);

describe("demoTokenizer", () => {
  test("has fewer than 400 distinct words, special tokens first", () => {
    const vocabulary = demoVocabulary();
    assert.ok(vocabulary.length < 400, `${vocabulary.length}`);
    assert.equal(new Set(vocabulary).size, vocabulary.length);
    assert.deepEqual(vocabulary.slice(0, 4), ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]);
    assert.equal(tokenizer.vocabularySize, vocabulary.length);
    assert.equal(tokenizer.padTokenId, 0);
  });

  test("gives every word its place in the vocabulary", () => {
    for (const [id, word] of demoVocabulary().entries()) {
      if (id >= 4) assert.deepEqual([...tokenizer.encode(word).inputIds], [2, id, 3], word);
    }
  });

  test("lowers, splits at punctuation and marks unknown words", () => {
    assert.deepEqual(tokens("A GREAT film, Zanzibar!"), ["[CLS]", "a", "great", "film", ",", "[UNK]", "!", "[SEP]"]);
  });

  test("types the second text of a pair 1", () => {
    assert.deepEqual([...tokenizer.encode("great film", "poor").tokenTypeIds], [0, 0, 0, 0, 1, 1]);
  });

  test("is plain data that survives JSON", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(demoTokenizer())), demoTokenizer());
  });
});
