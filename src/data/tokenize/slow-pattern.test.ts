import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { slowPattern } from "./slow-pattern.ts";
import { createTokenizer } from "./tokenizer.ts";
import { buildVocabulary } from "./vocabulary.ts";

const CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d";
const judged = (pattern: string): string | undefined => slowPattern(new RegExp(pattern, "gu"));

describe("expressions of published tokenizers may be used", () => {
  const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  const known: Readonly<Record<string, string>> = {
    "GPT-2, RoBERTa, ModernBERT": `${CONTRACTIONS}| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`,
    "Llama 3": `(?i:${CONTRACTIONS})|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
    "GPT-4o": [
      `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+(?i:${CONTRACTIONS})?`,
      `[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*(?i:${CONTRACTIONS})?`,
      "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ].join("|"),
    DeepSeek:
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    CLIP: `<\\|startoftext\\|>|<\\|endoftext\\|>|${CONTRACTIONS}|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`,
    "XLM-R and other SentencePiece": " {2,}",
    "digits in threes": "\\d{1,3}(?=(?:\\d{3})*\\b)",
    "words with hyphens": "\\w+(?:[-']\\w+)*",
    "a choice that its first letter tells": "(?:ab|cd)+",
  };
  for (const [name, pattern] of Object.entries(known)) test(name, () => assert.equal(judged(pattern), undefined));
});

describe("expressions that may take endless time are refused", () => {
  const repeated = /^a repeated group that can match the same text in several ways$/;
  const slow: readonly (readonly [string, RegExp])[] = [
    ["(a+)+$", repeated],
    ["(a|a)*$", repeated],
    ["(a|ab|b)*c", repeated],
    ["(a?){30}a{30}", repeated],
    ["(.*)*x", repeated],
    ["(\\w|\\d)+$", repeated],
    ["(?i:(A|a))+$", repeated],
    ["(?:\\u{3401}|[\\u3400-\\u3405])+$", repeated],
    ["(?:\\p{Script=Tangut}|[\\u{17000}])+$", repeated],
    ["(?:-\\w*\\w*)+$", repeated],
    ["(?=(a+)+b)a", repeated],
    ["(a{1,2}){1,40}$", repeated],
    ["a*a*a*b", /^more than 2 repeats/],
    ["a?".repeat(30) + "a".repeat(30), /^more than 12 optional parts or choices/],
    ["(?:a|a)".repeat(30) + "b", /^more than 12 optional parts or choices/],
    ["(a)\\1+", /^groups that are referred to/],
    ["(".repeat(60) + "a" + ")".repeat(60), /^groups that are referred to, or too many/],
    ["a".repeat(10_001), /^more than 10000 characters/],
  ];
  for (const [pattern, why] of slow) test(pattern.slice(0, 40), () => assert.match(judged(pattern) ?? "", why));
});

describe("a tokenizer.json with such an expression is refused, and not run", () => {
  const { tokenizerJson } = buildVocabulary(["a fine film"]);
  const pattern = { Regex: "(a+)+$" };
  const steps: Readonly<Record<string, object>> = {
    "as a Split": { pre_tokenizer: { type: "Split", pattern, behavior: "Isolated", invert: false } },
    "as a Replace in a Sequence": {
      normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, { type: "Replace", pattern, content: "" }] },
    },
  };
  for (const [name, step] of Object.entries(steps)) {
    test(name, () => {
      const started = performance.now();
      assert.throws(() => createTokenizer({ tokenizerJson: { ...tokenizerJson, ...step } }).encode(`${"a".repeat(24)}b`), {
        code: "tokenizer/slow-pattern",
        message: /^tokenizer\.json, (Split|Replace): expected an expression that takes little time.*got \(a\+\)\+\$\./,
      });
      assert.ok(performance.now() - started < 5000);
    });
  }
  test("Strip takes a text's spaces in one look, not in one from each of them", () => {
    const normalizer = { type: "Strip", strip_left: true, strip_right: true };
    const tokenizer = createTokenizer({ tokenizerJson: { ...tokenizerJson, normalizer } });
    const started = performance.now();
    const spaced = tokenizer.encode(`  a${" ".repeat(300_000)}film \u0085`).inputIds;
    assert.ok(performance.now() - started < 10_000);
    assert.deepEqual(spaced, tokenizer.encode("a film").inputIds);
  });
});
