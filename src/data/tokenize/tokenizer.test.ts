import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadDataset, loadTokenizer } from "../table/load-node.ts";
import { encodeDataset } from "./encode-dataset.ts";
import { longestFirst } from "./template.ts";
import { createTokenizer } from "./tokenizer.ts";

interface Fixture {
  readonly maxLength: number;
  readonly glue: readonly { file: string; examples: number; tokens: number; truncated: number; sha256: string }[];
  readonly small: {
    readonly tokenizer: { post_processor: object | null; added_tokens: readonly object[] };
    readonly cases: readonly {
      text: string;
      pair?: string;
      maxLength: number;
      ids: number[];
      types: number[];
      truncated: boolean;
    }[];
  };
}
const fixture = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/tokenizer-hashes.json", import.meta.url), "utf8"),
) as Fixture;
const tokenizerJson = fixture.small.tokenizer;

test("ids, types and truncation equal Python's on sentences of our own", () => {
  assert.ok(fixture.small.cases.length > 100);
  for (const { text, pair, maxLength, ids, types, truncated } of fixture.small.cases) {
    const got = createTokenizer({ tokenizerJson, maxLength }).encode(text, pair);
    const where = JSON.stringify({ text, pair, maxLength });
    assert.deepEqual([...got.inputIds], ids, where);
    assert.deepEqual([...got.tokenTypeIds], types, where);
    assert.equal(got.truncated, truncated, where);
  }
});
test("what was tokenised before does not change what comes after", () => {
  const warm = createTokenizer({ tokenizerJson });
  for (let round = 0; round < 2; round++) {
    for (const { text, pair } of fixture.small.cases) {
      assert.deepEqual(warm.encode(text, pair), createTokenizer({ tokenizerJson }).encode(text, pair), text);
    }
  }
});

const shared = new URL("../../../../shared/", import.meta.url);
const needed = [new URL("tokenizer/tokenizer.json", shared), ...fixture.glue.map(({ file }) => new URL(`data/${file}`, shared))];
const missing = needed.find((url) => !existsSync(url));
for (const want of fixture.glue) {
  test(`ids and types equal Python's on all of ${want.file}`, {
    skip: missing ? `needs ${fileURLToPath(missing)}` : false,
  }, async () => {
    const tokenizer = await loadTokenizer(fileURLToPath(new URL("tokenizer/", shared)), { maxLength: fixture.maxLength });
    const encoded = encodeDataset(tokenizer, await loadDataset(fileURLToPath(new URL(`data/${want.file}`, shared))));
    const hash = createHash("sha256");
    for (const { inputIds, tokenTypeIds } of encoded) hash.update(Int32Array.of(inputIds.length, ...inputIds, ...tokenTypeIds));
    assert.deepEqual(
      {
        file: want.file,
        examples: encoded.length,
        tokens: encoded.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
        truncated: encoded.filter(({ truncated }) => truncated).length,
        sha256: hash.digest("hex"),
      },
      want,
    );
  });
}

test("longestFirst fits the room exactly, never lengthens, and cuts the longer text first", () => {
  for (let room = 1; room < 12; room++) {
    for (let first = 0; first < 14; first++) {
      for (let second = 0; second < 14; second++) {
        const [a, b] = longestFirst(first, second, room);
        assert.equal(a + b, Math.min(room, first + second));
        assert.ok(a <= first && b <= second);
        if (a < first) assert.ok(a >= b - 1, `${first}, ${second} in ${room}`);
        if (b < second) assert.ok(b >= a - 1, `${first}, ${second} in ${room}`);
      }
    }
  }
  assert.deepEqual(longestFirst(10, 10, 9), [4, 5]);
  assert.deepEqual(longestFirst(11, 10, 9), [5, 4]);
});
test("tokens names ids for people, and padding and size are known", () => {
  const tokenizer = createTokenizer({ tokenizerJson, tokenizerConfig: { pad_token: { content: "[PAD]" } } });
  assert.deepEqual(tokenizer.tokens(tokenizer.encode("the kettle").inputIds), ["[CLS]", "the", "kettle", "[SEP]"]);
  assert.deepEqual(tokenizer.tokens([99_999]), ["<99999>"]);
  assert.equal(tokenizer.padTokenId, 0);
  assert.equal(tokenizer.tokens([tokenizer.vocabularySize - 1])[0].startsWith("<"), false);
  assert.equal(tokenizer.tokens([tokenizer.vocabularySize])[0].startsWith("<"), true);
});
test("without a post-processor there are no special tokens", () => {
  const bare = createTokenizer({ tokenizerJson: { ...tokenizerJson, post_processor: null } });
  assert.deepEqual(bare.tokens(bare.encode("the kettle", "sings").inputIds), ["the", "kettle", "sings"]);
});
test("bad files, padding tokens and lengths are refused", async () => {
  assert.throws(() => createTokenizer({ tokenizerJson: { model: {} } }), { code: "tokenizer/bad-file" });
  assert.throws(() => createTokenizer({ tokenizerJson, tokenizerConfig: { pad_token: "<nothing>" } }), {
    code: "tokenizer/bad-file",
  });
  for (const maxLength of [3, 0, 8.5, Number.NaN]) {
    assert.throws(() => createTokenizer({ tokenizerJson, maxLength }), { code: "tokenizer/bad-length" });
  }
  const folder = await mkdtemp(join(tmpdir(), "crisp-tokenizer-"));
  try {
    await assert.rejects(loadTokenizer(folder), {
      code: "data/unreadable",
      message: /tokenizer\.json: .* got no such file\. Save the tokenizer again/,
    });
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizerJson));
    assert.equal((await loadTokenizer(folder, { maxLength: 9 })).maxLength, 9);
    await writeFile(join(folder, "tokenizer_config.json"), "{");
    await assert.rejects(loadTokenizer(folder), { code: "tokenizer/bad-file", message: /tokenizer_config\.json: expected JSON/ });
  } finally {
    await rm(folder, { recursive: true });
  }
});
