import { readdirSync, readFileSync } from "node:fs";
import { buildVocabulary, createTokenizer, encodeWords, readTokenizerJson } from "../../../src/data/index.ts";
import { mutateJson } from "../mutate-json.ts";
import { check, type Target } from "../target.ts";

const fixtures = new URL("../../fixtures/tokenizers/", import.meta.url);

/** Kinds that the fixtures lack: words as a whole, and bytes split by an expression of the file. */
const ids = (tokens: string): object => Object.fromEntries(Array.from(new Set(tokens.split(" ")), (token, id) => [token, id]));
const special = [
  { id: 0, content: "[PAD]", special: true },
  { id: 1, content: "[MASK]", lstrip: true, normalized: true },
];
const MORE = [
  {
    ...{
      version: "1.0",
      added_tokens: special,
      decoder: null,
      normalizer: { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
    },
    pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "Removed", invert: false },
    post_processor: null,
    model: { type: "WordLevel", vocab: ids("[PAD] [MASK] [UNK] a fine film no"), unk_token: "[UNK]" },
  },
  {
    ...{ added_tokens: special, decoder: { type: "ByteLevel" }, normalizer: { type: "NFC" } },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}| ?[^\\s]+|\\s+(?!\\S)|\\s+" },
          behavior: "Isolated",
        },
        { type: "ByteLevel", add_prefix_space: false, use_regex: false },
      ],
    },
    post_processor: { type: "ByteLevel", trim_offsets: false },
    model: {
      type: "BPE",
      vocab: ids("[PAD] [MASK] [UNK] a f i n e Ġ l m o fi fil film"),
      merges: ["f i", "fi l", "fil m"],
      unk_token: "[UNK]",
    },
  },
];

const seeds = (): Uint8Array[] => [
  ...MORE.map((json) => new TextEncoder().encode(JSON.stringify(json))),
  new TextEncoder().encode(JSON.stringify(buildVocabulary(["a fine film", "a fine day", "no film"]).tokenizerJson)),
  ...readdirSync(fixtures)
    .sort()
    .map((name) => {
      const { tokenizer } = JSON.parse(readFileSync(new URL(name, fixtures), "utf8")) as { tokenizer: object };
      return new TextEncoder().encode(JSON.stringify(tokenizer));
    }),
];

const TEXTS = ["a fine film", "", " Été: 北京,\t42 don't\n", "[MASK] <mask> ##s ▁", "\ud800x\u0000👩‍👩‍👧ﬁ", "ab".repeat(300)];

const VOCABULARY = buildVocabulary(["a fine film", "a fine day", "no film"]);
const encoded = (json: object): Uint8Array => new TextEncoder().encode(JSON.stringify(json));

/** A tokenizer that loads gives ids of its vocabulary, between the special tokens of its template. */
function run(bytes: Uint8Array, config = encoded({})): void {
  const files = new Map([
    ["tokenizer.json", bytes],
    ["tokenizer_config.json", config],
  ]);
  const tokenizer = createTokenizer({ ...readTokenizerJson(files), maxLength: 32 });
  const { vocabularySize, padTokenId, maskTokenId, specialIds } = tokenizer;
  const known = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  check(known(padTokenId) && (maskTokenId === undefined || known(maskTokenId)), "padding or mask outside the vocabulary");
  check([...specialIds].every(known), "special tokens outside the vocabulary");
  for (const text of TEXTS) {
    for (const pair of [undefined, "no film"]) {
      const { inputIds, tokenTypeIds } = tokenizer.encode(text, pair);
      check(inputIds.length <= 32 && tokenTypeIds.length === inputIds.length, `${inputIds.length} ids`);
      check(inputIds.every(known), `${JSON.stringify(text)} has the ids ${inputIds}`);
      check(
        tokenTypeIds.every((type) => type >= 0),
        `${JSON.stringify(text)} has the types ${tokenTypeIds}`,
      );
      check(
        tokenizer.tokens(inputIds).every((token) => typeof token === "string"),
        "tokens that are no strings",
      );
    }
    check(tokenizer.encodeAll(text).every(known), `${JSON.stringify(text)} has ids outside the vocabulary`);
  }
  encodeWords(tokenizer, ["fine", "film"]);
}

/** V8 compiles an expression with classes such as \p{L}, as GPT's, to 17 MB, and inputs hold two or three. */
const memory = { floor: 64 << 20, factor: 400 };

export const tokenizer: Target = { name: "tokenizer", seeds, mutate: mutateJson, run: (bytes) => run(bytes), memory };
/** tokenizer_config.json beside a sound tokenizer.json. */
export const tokenizerConfig: Target = {
  ...{ name: "tokenizer-config", mutate: mutateJson, run: (bytes) => run(encoded(VOCABULARY.tokenizerJson), bytes), memory },
  seeds: () => [
    encoded(VOCABULARY.tokenizerConfig),
    encoded({ pad_token: { content: "[PAD]", lstrip: false }, mask_token: null, additional_special_tokens: ["[UNK]"] }),
  ],
};
