import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createTokenizer } from "./tokenizer.ts";

interface Fixture {
  readonly tokenizer: object;
  readonly cases: readonly { text: string; pair?: string; maxLength: number; ids: number[]; types: number[] }[];
}
// made by scripts/make-byte-level-fixture.py
const { tokenizer: tokenizerJson, cases } = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/byte-level-bpe.json", import.meta.url), "utf8"),
) as Fixture;

for (const { text, pair, maxLength, ids, types } of cases) {
  test(`byte-level BPE, as ModernBERT's, gives Python's ids: ${JSON.stringify({ text, pair, maxLength })}`, () => {
    const got = createTokenizer({ tokenizerJson, maxLength }).encode(text, pair);
    assert.deepEqual([...got.inputIds], ids);
    assert.deepEqual([...got.tokenTypeIds], types);
  });
}
