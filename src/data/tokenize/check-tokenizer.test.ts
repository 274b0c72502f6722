import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTokenizerJson } from "./check-tokenizer.ts";
import { createTokenizer } from "./tokenizer.ts";
import { bertTokenizerJson, readTokenizerJson } from "./tokenizer-json.ts";
import { buildVocabulary } from "./vocabulary.ts";

type Json = Record<string, unknown> & { model: Record<string, unknown>; added_tokens: Record<string, unknown>[] };
const fresh = (): Json => structuredClone(buildVocabulary(["a fine film", "a fine day"]).tokenizerJson) as Json;

test("a vocabulary of the size of XLM-R's loads: its ids are no arguments of one call", () => {
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
  const vocabulary = [...special, ...Array.from({ length: 250_000 }, (_, at) => `w${at}`)];
  const model = { type: "WordLevel" };
  const tokenizer = createTokenizer(bertTokenizerJson({ vocabulary, specialTokens: special, model, maxLength: 8 }));
  assert.equal(tokenizer.vocabularySize, 250_004);
  assert.deepEqual([...tokenizer.encode("w7 w249999").inputIds], [2, 11, 250_003, 3]);
});

test("the size is one more than the largest id, of added tokens too", () => {
  const json = fresh();
  const size = checkTokenizerJson(json);
  assert.equal(size, Object.keys(json.model.vocab as object).length);
  json.added_tokens.push({ id: size + 6, content: "<new>" });
  assert.equal(checkTokenizerJson(json), size + 7);
  assert.equal(createTokenizer({ tokenizerJson: json }).vocabularySize, size + 7);
});

describe("what the package would crash on, or never end with, is refused by name", () => {
  const cases: [string, (json: Json) => void, RegExp][] = [
    ["an id that is a text", ({ model }) => void (model.vocab = { a: "1" }), /model\.vocab: expected an object from tokens/],
    ["an id below 0", ({ model }) => void (model.vocab = { a: -20 }), /model\.vocab/],
    [
      "an id of billions",
      ({ added_tokens }) => void (added_tokens[0].id = 2 ** 31),
      /added_tokens\[0\]\.id: expected a whole number/,
    ],
    ["an added token without text", ({ added_tokens }) => void (added_tokens[1].content = []), /added_tokens\[1\]\.content/],
    ["pieces of no length", (json) => void (json.pre_tokenizer = { type: "FixedLength", length: 0 }), /pre_tokenizer\.length/],
    [
      "a template of texts",
      (json) => void (json.post_processor = { type: "TemplateProcessing", single: ["A"] }),
      /single: expected/,
    ],
    ["no normaliser in a list", (json) => void (json.normalizer = { type: "Sequence", normalizers: [3] }), /normalizers\[0\]/],
    ["an unknown model", ({ model }) => void (model.type = "toString"), /model\.type: expected one of WordPiece, WordLevel/],
    [
      "scores that are none",
      (json) => void (json.model = { type: "Unigram", vocab: [["a", null]] }),
      /model\.vocab: expected a list/,
    ],
    [
      "an unknown token beyond the list",
      (json) => void (json.model = { type: "Unigram", vocab: [["a", 0]], unk_id: 1 }),
      /unk_id/,
    ],
    [
      "merges of one word",
      (json) => void (json.model = { type: "BPE", vocab: {}, merges: ["ab"] }),
      /model\.merges: expected a list of pairs/,
    ],
    [
      "steps within steps without end",
      (json) => {
        for (let at = 0; at < 3000; at++) json.normalizer = { type: "Sequence", normalizers: [json.normalizer] };
      },
      /at most 16 sequences within each other/,
    ],
    [
      "more steps than anybody writes",
      (json) => void (json.normalizer = { type: "Sequence", normalizers: Array(65).fill({ type: "NFC" }) }),
      /the file: expected at most 64 steps, got \d+/,
    ],
    [
      "more expressions than anybody writes, spread over two sequences",
      (json) => {
        const pattern = { Regex: "\\p{L}+" };
        json.normalizer = { type: "Sequence", normalizers: Array(8).fill({ type: "Replace", pattern, content: "" }) };
        const split = { type: "Split", pattern, behavior: "Isolated" };
        json.pre_tokenizer = { type: "Sequence", pretokenizers: Array(9).fill(split) };
      },
      /the file: expected at most 16 expressions, got 17/,
    ],
    [
      "a long text for each match",
      (json) => void (json.normalizer = { type: "Replace", pattern: { String: "a" }, content: "a".repeat(33) }),
      /normalizer\.content: expected a text of at most 32 characters/,
    ],
  ];
  for (const [name, spoil, message] of cases) {
    test(name, () => {
      const json = fresh();
      spoil(json);
      assert.throws(() => createTokenizer({ tokenizerJson: json }), { code: "tokenizer/bad-file", message });
    });
  }
  test("a file that is no object", () => {
    for (const json of [null, 3, [], "x"]) assert.throws(() => checkTokenizerJson(json), { code: "tokenizer/bad-file" });
  });
  test("a charsmap that is not base64", () => {
    const json = fresh();
    json.normalizer = { type: "Precompiled", precompiled_charsmap: "*" };
    assert.throws(() => createTokenizer({ tokenizerJson: json }), { code: "tokenizer/bad-file", message: /not base64/ });
  });
  test("a tokenizer_config.json that is no object", () => {
    const bytes = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
    for (const config of [null, [], 3]) {
      const files = new Map([
        ["tokenizer.json", bytes(fresh())],
        ["tokenizer_config.json", bytes(config)],
      ]);
      assert.throws(() => readTokenizerJson(files), {
        code: "tokenizer/bad-file",
        message: /^model\/tokenizer_config\.json: expected a JSON object, got (null|\[\]|3)\. Copy/,
      });
    }
  });
  test("a padding token of tokenizer_config.json that is no token", () => {
    const tokenizerConfig = { pad_token: { id: 3 } };
    assert.throws(() => createTokenizer({ tokenizerJson: fresh(), tokenizerConfig }), {
      code: "tokenizer/bad-file",
      message: /tokenizer_config\.json, pad_token: expected a token, got \{"id":3\}/,
    });
  });
  test("a special token that the vocabulary lacks, and a word without an unknown token", () => {
    const json = fresh();
    const cls = { SpecialToken: { id: "[NONE]", type_id: 0 } };
    const [a, b] = ["A", "B"].map((id) => ({ Sequence: { id, type_id: 0 } }));
    json.post_processor = { type: "TemplateProcessing", single: [cls, a], pair: [cls, a, b], special_tokens: {} };
    assert.throws(() => createTokenizer({ tokenizerJson: json }), { code: "tokenizer/bad-file", message: /\[NONE\]/ });
    const without = fresh();
    without.model.unk_token = "[GONE]";
    const tokenizer = createTokenizer({ tokenizerJson: without });
    assert.throws(() => tokenizer.encode("xyz"), { code: "tokenizer/bad-file", message: /an unknown token in the vocabulary/ });
  });
});
