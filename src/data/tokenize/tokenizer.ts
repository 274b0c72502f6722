import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import { checkTokenizerJson } from "./check-tokenizer.ts";
import { checkStride, cutTokens, defaultStride, type LongTexts, MOST_WINDOWS, windowsOf } from "./long-texts.ts";
import { idsReader } from "./read-ids.ts";
import { repairLibrary } from "./repair-tokenizer.ts";
import { longestFirst, readTemplate, type TemplatePart } from "./template.ts";

/** One text, or pair of texts, as the model takes it. */
export interface Encoding {
  /** [n] token ids, special tokens included, no padding. */
  readonly inputIds: Int32Array;
  /** [n] 0 for the first text, 1 for the second, as the tokenizer's template says. */
  readonly tokenTypeIds: Int32Array;
  /** True when tokens were cut off to fit `maxLength`; of a text in windows, when it has more than are read. */
  readonly truncated: boolean;
  /** The further windows of a text that is read in several. */
  readonly others?: readonly Pick<Encoding, "inputIds" | "tokenTypeIds" | "truncated">[];
}

export interface Tokenizer {
  /** Most tokens an example, special tokens included. */
  readonly maxLength: number;
  readonly padTokenId: number;
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** What hides a word in masked-language-model training; absent where the tokenizer has no such token. */
  readonly maskTokenId?: number;
  /** Ids of special tokens: padding, start, end, mask, … */
  readonly specialIds: ReadonlySet<number>;
  /** Special tokens before one text, as the tokenizer's template puts them; may be none. */
  readonly opening: readonly number[];
  /** Special tokens behind one text. */
  readonly closing: readonly number[];
  /** What is read of texts that are longer. */
  readonly longTexts: LongTexts;
  /** Tokens that two windows of a text share. */
  readonly docStride: number;
  /** Most windows that are read of a text. */
  readonly maxWindows: number;
  /** The same tokenizer for other lengths; @throws `tokenizer/bad-length`. */
  fit(length: LengthOptions): Tokenizer;
  encode(text: string, pair?: string): Encoding;
  /** Byte-level and SentencePiece tokenizers: a word in a sentence is not the word alone, as its token holds the space before it. */
  readonly spaceBeforeWords: boolean;
  /** Ids of a text, however long, without special tokens. */
  encodeAll(text: string): readonly number[];
  /** Hash of `tokenizer.json`, and of what stands beside it. */
  fingerprint(): string;
  /** The tokens behind ids, for people: `[CLS]`, `fine`, `##st`, …. */
  tokens(ids: ArrayLike<number>): string[];
}

export interface LengthOptions {
  /** Most tokens an example, special tokens included; default 128, as in Hugging Face's GLUE scripts. */
  readonly maxLength?: number;
  /** What is read of longer texts; default head, as everywhere. */
  readonly longTexts?: LongTexts;
  /** Tokens that two windows of a text share, where `longTexts` is chunks; default an eighth of `maxLength`. */
  readonly docStride?: number;
  /** Most windows that are read of a text; default 16. */
  readonly maxWindows?: number;
}

export interface TokenizerOptions extends LengthOptions {
  /** Parsed `tokenizer.json`. */
  readonly tokenizerJson: object;
  /** Parsed `tokenizer_config.json`; only the names of the padding and the mask token are taken from it. */
  readonly tokenizerConfig?: object;
}

const splitsAtSpaces = (tokenizerJson: object): boolean => {
  const { pre_tokenizer } = tokenizerJson as { pre_tokenizer?: { type: string } | null };
  return ["BertPreTokenizer", "Whitespace", "WhitespaceSplit"].includes(pre_tokenizer?.type ?? "");
};

/**
 * A tokenizer that gives the same ids as Hugging Face's fast tokenizers in Python, with truncation.
 *
 * @param options - `tokenizer.json` and what goes with it; see `TokenizerOptions`.
 * @returns The tokenizer.
 * @throws `tokenizer/bad-file` when `tokenizer.json` lacks its parts or has no padding token; `tokenizer/unsupported` when its ids would
 * differ from Python's; `tokenizer/bad-length` when
 * `maxLength` leaves no room beside the special tokens; `tokenizer/bad-stride` when windows would share all their tokens.
 * @example
 * createTokenizer({ tokenizerJson }).encode("a fine film").inputIds; // Int32Array [101, 1037, 2986, 2143, 102]
 * @see https://github.com/huggingface/tokenizers.js, which does not truncate.
 */
export function createTokenizer({ tokenizerJson, tokenizerConfig = {}, ...length }: TokenizerOptions): Tokenizer {
  const vocabularySize = checkTokenizerJson(tokenizerJson);
  let library: HuggingFaceTokenizer;
  try {
    // these two change texts in the package, and not in Python's fast tokenizers
    library = new HuggingFaceTokenizer(tokenizerJson, {
      ...tokenizerConfig,
      remove_space: false,
      do_lowercase_and_remove_accent: false,
    });
    repairLibrary(library, tokenizerJson);
  } catch (error) {
    if (error instanceof CrispError) throw error;
    throw expectedGot(
      "tokenizer/bad-file",
      "tokenizer.json",
      "a Hugging Face fast tokenizer",
      (error as Error).message,
      "Save the tokenizer again with save_pretrained, which writes tokenizer.json.",
    );
  }
  const named = tokenizerConfig as Readonly<Record<string, unknown>>;
  const idOf = (role: string, ...usual: string[]): number | undefined => {
    const token = named[role] ?? usual.find((name) => library.token_to_id(name) !== undefined) ?? usual[0];
    const content = typeof token === "object" && token !== null && "content" in token ? token.content : token;
    if (typeof content === "string") return library.token_to_id(content);
    throw expectedGot("tokenizer/bad-file", `tokenizer_config.json, ${role}`, "a token", printedJson(token));
  };
  const padTokenId = idOf("pad_token", "[PAD]", "<pad>");
  if (padTokenId === undefined) {
    throw expectedGot(
      "tokenizer/bad-file",
      "tokenizer.json",
      "a padding token",
      "none",
      "Set pad_token in tokenizer_config.json.",
    );
  }
  const templates = [readTemplate(library, false), readTemplate(library, true)];
  const special = templates.map((template) => template.filter((part) => "id" in part).length);
  const { added_tokens: specialTokens = [] } = tokenizerJson as { added_tokens?: readonly { id: number; special: boolean }[] };
  const idsOf = idsReader(library, tokenizerJson);
  const textAt = templates[0].findIndex((part) => "sequence" in part);
  const idsIn = (parts: readonly TemplatePart[]): number[] => parts.flatMap((part) => ("id" in part ? [part.id] : []));

  const fit = ({ maxLength = 128, longTexts = "head", ...given }: LengthOptions): Tokenizer => {
    const { docStride = defaultStride(maxLength), maxWindows = MOST_WINDOWS } = given;
    if (!Number.isInteger(maxLength) || maxLength <= special[1]) {
      const rule = `a whole number of tokens above ${special[1]}, the special tokens of a pair`;
      throw expectedGot("tokenizer/bad-length", "maxLength", rule, maxLength);
    }
    checkStride(docStride, maxLength - special[0]);
    const length = { maxLength, longTexts, docStride, maxWindows };
    const encode = (text: string, pair?: string): Encoding =>
      longTexts === "chunks" ? encodeWindows(text, pair, length) : encodeOne(text, pair, length);
    return { ...common, ...length, fit, encode };
  };
  const common = {
    padTokenId,
    vocabularySize,
    maskTokenId: idOf("mask_token", "[MASK]", "<mask>"),
    specialIds: new Set([padTokenId, ...specialTokens.flatMap(({ id, special }) => (special ? [id] : []))]),
    opening: idsIn(templates[0].slice(0, textAt)),
    closing: idsIn(templates[0].slice(textAt)),
    spaceBeforeWords: !splitsAtSpaces(tokenizerJson),
    encodeAll: idsOf,
    fingerprint: () => bytesToHex(sha256(utf8ToBytes(JSON.stringify([tokenizerJson, tokenizerConfig])))),
    tokens: (ids: ArrayLike<number>) => Array.from(ids, (id) => library.id_to_token(id) ?? `<${id}>`),
  };
  const encodeOne = (text: string, pair: string | undefined, { maxLength, longTexts }: Required<LengthOptions>): Encoding => {
    const which = pair === undefined ? 0 : 1;
    const ids = [idsOf(text), pair === undefined ? [] : idsOf(pair)];
    const kept = longestFirst(ids[0].length, ids[1].length, maxLength - special[which]);
    const pieces = ids.map((own, at) => cutTokens(own, kept[at], longTexts));
    return { ...filled(templates[which], pieces), truncated: kept[0] < ids[0].length || kept[1] < ids[1].length };
  };
  const encodeWindows = (text: string, pair: string | undefined, length: Required<LengthOptions>): Encoding => {
    if (pair !== undefined)
      throw expectedGot(
        "tokenizer/pair-in-windows",
        "longTexts chunks",
        "one text",
        "a pair of texts",
        "Take head or head_tail.",
      );
    const { windows, truncated } = windowsOf(idsOf(text), {
      size: length.maxLength - special[0],
      stride: length.docStride,
      most: length.maxWindows,
    });
    const [first, ...others] = windows.map((ids) => ({ ...filled(templates[0], [ids]), truncated }));
    return { ...first, ...(others.length > 0 && { others }) };
  };
  return fit(length);
}

/** A template with the pieces of its texts in their places. */
function filled(
  template: readonly TemplatePart[],
  pieces: readonly (readonly number[])[],
): Pick<Encoding, "inputIds" | "tokenTypeIds"> {
  const parts = template.map((part) => ({ type: part.type, ids: "id" in part ? [part.id] : pieces[part.sequence] }));
  const n = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const [inputIds, tokenTypeIds] = [new Int32Array(n), new Int32Array(n)];
  let at = 0;
  for (const { type, ids } of parts) {
    inputIds.set(ids, at);
    tokenTypeIds.fill(type, at, (at += ids.length));
  }
  return { inputIds, tokenTypeIds };
}
