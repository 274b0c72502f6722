import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";

const SPECIAL = ["[PAD]", "[UNK]"];

/** Texts as a whole are the words. */
function normalised(normalizer: object | readonly object[], words: readonly string[]): Tokenizer {
  const vocab = Object.fromEntries([...SPECIAL, ...words].map((word, id) => [word, id]));
  return createTokenizer({
    tokenizerJson: {
      added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
      normalizer: Array.isArray(normalizer) ? { type: "Sequence", normalizers: normalizer } : normalizer,
      ...{ pre_tokenizer: null, post_processor: null, decoder: null },
      model: { type: "WordLevel", vocab, unk_token: "[UNK]" },
    },
  });
}

const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });

// what tokenizers 0.23 for Python makes: normalizers.Replace("a", "$&x").normalize_str("banana")
describe("normalisers do what those in Rust do", () => {
  test("the dollars of a replacement are dollars", () => {
    assert.deepEqual([...normalised(replace({ String: "a" }, "$&x"), ["b$&xn$&xn$&x"]).encodeAll("banana")], [2]);
    assert.deepEqual([...normalised(replace({ Regex: "a+" }, "$1"), ["b$1n$1n$1"]).encodeAll("banaana")], [2]);
  });

  test("nothing is put before an empty text, or into it", () => {
    for (const step of [{ type: "Prepend", prepend: "_" }, replace({ Regex: "" }, "_")]) {
      assert.deepEqual([...normalised(step, ["_"]).encodeAll("")], []);
    }
    assert.deepEqual([...normalised({ type: "Prepend", prepend: "_" }, ["_a"]).encodeAll("a")], [2]);
  });
});

describe("a text cannot be made to grow without end", () => {
  const tenfold = replace({ String: "a" }, "aaaaaaaaaa");

  test("by steps that each write ten times what they read", () => {
    assert.deepEqual([...normalised([tenfold], ["aaaaaaaaaa"]).encodeAll("a")], [2]);
    const grown = { code: "tokenizer/text-grows", message: /steps that make a text at most 64 times as long/ };
    assert.throws(() => normalised([tenfold, tenfold], []).encodeAll("a"), grown);
    assert.throws(() => normalised(Array(60).fill(tenfold), []).encodeAll("a fine film"), grown);
  });

  test("beyond what a string can hold", () => {
    const most = replace({ String: "a" }, "a".repeat(32));
    assert.throws(() => normalised([most, most], []).encodeAll("a".repeat(2 ** 19)), { code: "tokenizer/text-grows" });
  });

  test("but a ligature may become its eighteen characters", () => {
    assert.equal(normalised({ type: "NFKC" }, ["\ufdfa".normalize("NFKC")]).encodeAll("\ufdfa")[0], 2);
  });
});
