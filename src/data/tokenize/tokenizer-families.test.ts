import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { readCharsMap } from "./precompiled.ts";
import { createTokenizer } from "./tokenizer.ts";

interface Fixture {
  readonly config: Record<string, unknown>;
  readonly tokenizer: Record<string, unknown> & {
    added_tokens: { content: string; id: number }[];
    normalizer: { normalizers?: { type: string; precompiled_charsmap?: string }[]; precompiled_charsmap?: string } | null;
    post_processor: { special_tokens: object };
    model: { type: string };
  };
  readonly cases: readonly {
    text: string;
    pair?: string;
    maxLength: number;
    ids: number[];
    types: number[];
    truncated: boolean;
  }[];
}
const folder = new URL("../../../test/fixtures/tokenizers/", import.meta.url);
const read = (name: string): Fixture => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

describe("ids, types and truncation equal Python's", () => {
  test("for sixteen kinds of tokenizers", () => assert.equal(names.length, 16));
  for (const name of names) {
    test(name, () => {
      const { tokenizer: tokenizerJson, config: tokenizerConfig, cases } = read(name);
      assert.ok(cases.length >= 99);
      for (const { text, pair, maxLength, ids, types, truncated } of cases) {
        const tokenizer = createTokenizer({ tokenizerJson, tokenizerConfig, maxLength });
        const got = tokenizer.encode(text, pair);
        const where = `${JSON.stringify({ text, pair, maxLength })}: ${tokenizer.tokens(got.inputIds).join(" ")}`;
        assert.deepEqual([...got.inputIds], ids, where);
        assert.deepEqual([...got.tokenTypeIds], types, where);
        assert.equal(got.truncated, truncated, where);
      }
    });
  }
});

test("padding and mask are found by their usual names, where tokenizer_config.json has none", () => {
  for (const name of names) {
    const { tokenizer } = read(name);
    const { padTokenId, maskTokenId } = createTokenizer({ tokenizerJson: tokenizer });
    const idOf = (token: string) => tokenizer.added_tokens.find(({ content }) => content.toLowerCase() === token)?.id;
    assert.equal(padTokenId, idOf("<pad>") ?? idOf("[pad]"), name);
    assert.equal(maskTokenId, idOf("<mask>") ?? idOf("[mask]"), name);
  }
});
test("older settings that Python's fast tokenizers pass by change nothing", () => {
  const { tokenizer: tokenizerJson } = read("albert");
  const encode = (tokenizerConfig: object, text: string) => createTokenizer({ tokenizerJson, tokenizerConfig }).encode(text);
  const old = { remove_space: true, do_lowercase_and_remove_accent: true };
  assert.deepEqual(encode(old, "no\ufeffbreak  Ça"), encode({}, "no\ufeffbreak  Ça"));
});

describe("a compiled character map", () => {
  const { precompiled_charsmap: map } = read("xlm-roberta").tokenizer.normalizer!;
  test("replaces whole clusters, and else characters", () => {
    const normalise = readCharsMap(map!);
    assert.equal(normalise("ﬁne ½ Ⅷ…"), "fine 1⁄2 VIII...");
    assert.equal(normalise("a\r\nb\tc"), "a b c", "a line end of two characters is one cluster");
    assert.equal(normalise("cafe\u0301 🙂"), "café :)");
    assert.equal(normalise("ｶﾞ"), "ｶﾞ", "a cluster of six bytes is read by character, though the map has it");
    assert.equal(normalise("plain ASCII ~ text"), "plain ASCII ~ text");
    assert.equal(normalise(""), "");
  });
  test("a damaged one is refused", () => {
    for (const damaged of ["", "AAA=", btoa("\xff\xff\xff\x7f"), map!.slice(0, 400)]) {
      assert.throws(() => readCharsMap(damaged), { code: "tokenizer/bad-file", message: /a whole precompiled_charsmap/ });
    }
  });
});

describe("what would give other ids than in Python is refused", () => {
  const words = read("words").tokenizer;
  const xlm = read("xlm-roberta").tokenizer;
  const changes: [string, object, RegExp][] = [
    ["bytes for unknown characters", { ...xlm, model: { ...xlm.model, byte_fallback: true } }, /without byte_fallback/],
    [
      "added tokens that are whole words only",
      { ...words, added_tokens: [...words.added_tokens, { id: 5, content: "tea", single_word: true, special: false }] },
      /tea with single_word/,
    ],
    [
      "punctuation that sticks to words",
      { ...words, pre_tokenizer: { type: "Punctuation", behavior: "MergedWithNext" } },
      /Isolated, got MergedWithNext/,
    ],
    [
      "splits that keep their delimiter with the word",
      {
        ...words,
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [{ type: "Split", pattern: { String: "-" }, behavior: "MergedWithPrevious", invert: false }],
        },
      },
      /Isolated or Removed, got MergedWithPrevious/,
    ],
    [
      "a prefix for the first of many pieces",
      {
        ...xlm,
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [
            { type: "WhitespaceSplit" },
            { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
          ],
        },
      },
      /a Metaspace before all other splits/,
    ],
    [
      "a template whose token has another id",
      {
        ...xlm,
        post_processor: {
          ...xlm.post_processor,
          special_tokens: { "<s>": { id: "<s>", ids: [0, 1], tokens: ["<s>", "<s>"] } },
        },
      },
      /<s> with \[0,1\]/,
    ],
  ];
  for (const [title, tokenizerJson, message] of changes) {
    test(title, () => {
      assert.throws(() => createTokenizer({ tokenizerJson }), {
        code: "tokenizer/unsupported",
        message,
      });
    });
  }
});
