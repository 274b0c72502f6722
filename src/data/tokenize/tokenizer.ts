import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import { checkTokenizerJson } from "./check-tokenizer.ts";
import { cutTokens, type LongTexts } from "./long-texts.ts";
import { idsReader } from "./read-ids.ts";
import { repairLibrary } from "./repair-tokenizer.ts";
import { longestFirst, readTemplate, type TemplatePart } from "./template.ts";

/** One text, or pair of texts, as the model takes it. */
export interface Encoding {
  /** [n] token ids, special tokens included, no padding. */
  readonly inputIds: Int32Array;
  /** [n] 0 for the first text, 1 for the second, as the tokenizer's template says. */
  readonly tokenTypeIds: Int32Array;
  /** True when tokens were cut off to fit `maxLength`. */
  readonly truncated: boolean;
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
  /** What stays of texts that are longer. */
  readonly longTexts: LongTexts;
  /** The same tokenizer for other lengths; @throws `tokenizer/bad-length`. */
  fit(length: LengthOptions): Tokenizer;
  encode(text: string, pair?: string): Encoding;
  /** Byte-level and SentencePiece tokenizers: a word in a sentence is not the word alone, as its token holds the space before it. */
  readonly spaceBeforeWords: boolean;
  /** Ids of a text, however long, without special tokens. */
  encodeAll(text: string): readonly number[];
  /** The tokens behind ids, for people: `[CLS]`, `fine`, `##st`, …. */
  tokens(ids: ArrayLike<number>): string[];
}

export interface LengthOptions {
  /** Most tokens an example, special tokens included; default 128, as in Hugging Face's GLUE scripts. */
  readonly maxLength?: number;
  /** What stays of longer texts; default head, as everywhere. */
  readonly longTexts?: LongTexts;
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
 * `maxLength` leaves no room beside the special tokens.
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

  const fit = ({ maxLength = 128, longTexts = "head" }: LengthOptions): Tokenizer => {
    if (!Number.isInteger(maxLength) || maxLength <= special[1]) {
      const rule = `a whole number of tokens above ${special[1]}, the special tokens of a pair`;
      throw expectedGot("tokenizer/bad-length", "maxLength", rule, maxLength);
    }
    return { ...common, fit, maxLength, longTexts, encode: (text, pair) => encode(text, pair, maxLength, longTexts) };
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
    tokens: (ids: ArrayLike<number>) => Array.from(ids, (id) => library.id_to_token(id) ?? `<${id}>`),
  };
  const encode = (text: string, pair: string | undefined, maxLength: number, longTexts: LongTexts): Encoding => {
    const which = pair === undefined ? 0 : 1;
    const ids = [idsOf(text), pair === undefined ? [] : idsOf(pair)];
    const kept = longestFirst(ids[0].length, ids[1].length, maxLength - special[which]);
    const n = kept[0] + kept[1] + special[which];
    const inputIds = new Int32Array(n);
    const tokenTypeIds = new Int32Array(n);
    let at = 0;
    for (const part of templates[which]) {
      const piece = "id" in part ? [part.id] : cutTokens(ids[part.sequence], kept[part.sequence], longTexts);
      inputIds.set(piece, at);
      tokenTypeIds.fill(part.type, at, (at += piece.length));
    }
    return { inputIds, tokenTypeIds, truncated: kept[0] < ids[0].length || kept[1] < ids[1].length };
  };
  return fit(length);
}
