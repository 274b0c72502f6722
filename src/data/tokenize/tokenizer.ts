import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import type { Dataset, Encoded } from "../types.ts";
import { checkTokenizerJson } from "./check-tokenizer.ts";
import { repairLibrary } from "./repair-tokenizer.ts";

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
  encode(text: string, pair?: string): Encoding;
  /** Byte-level and SentencePiece tokenizers: a word in a sentence is not the word alone, as its token holds the space before it. */
  readonly spaceBeforeWords: boolean;
  /** Ids of a text, however long, without special tokens. */
  encodeAll(text: string): readonly number[];
  /** The tokens behind ids, for people: `[CLS]`, `fine`, `##st`, …. */
  tokens(ids: ArrayLike<number>): string[];
}

export interface TokenizerOptions {
  /** Parsed `tokenizer.json`. */
  readonly tokenizerJson: object;
  /** Parsed `tokenizer_config.json`; only the names of the padding and the mask token are taken from it. */
  readonly tokenizerConfig?: object;
  /** Most tokens an example, special tokens included; default 128, as in Hugging Face's GLUE scripts. */
  readonly maxLength?: number;
}

/** A special token with its type, or the place of the first or second text. */
type TemplatePart = { readonly id: number; readonly type: number } | { readonly sequence: 0 | 1; readonly type: number };

/** What a post-processor gives back; the package types it as `any`. */
interface PostProcessed {
  readonly tokens: readonly string[];
  readonly token_type_ids?: readonly number[];
}

const PLACES = ["\u0000first", "\u0000second"];

/** Ask the post-processor where it puts special tokens, by giving it place holders for texts. */
function readTemplate(library: HuggingFaceTokenizer, pair: boolean): TemplatePart[] {
  const sequences = pair ? PLACES : PLACES.slice(0, 1);
  if (library.post_processor === null) return sequences.map((_, sequence) => ({ sequence: sequence as 0 | 1, type: 0 }));
  const { tokens, token_type_ids }: PostProcessed = library.post_processor.post_process(
    [PLACES[0]],
    pair ? [PLACES[1]] : null,
    true,
  );
  return tokens.map((token, at) => {
    const type = token_type_ids?.[at] ?? 0;
    const sequence = PLACES.indexOf(token);
    if (sequence >= 0) return { sequence: sequence as 0 | 1, type };
    const id = library.token_to_id(token);
    if (id !== undefined) return { id, type };
    const rule = "special tokens that are in the vocabulary";
    throw expectedGot("tokenizer/bad-file", "tokenizer.json, post_processor", rule, token, "Save the tokenizer again.");
  });
}

/**
 * How many tokens of each text stay: Hugging Face's `longest_first`.
 *
 * The longer text gives way until both are equally long; then the room is halved and an odd token goes to the longer
 * one (to the second, when they tie).
 *
 * @param first - Tokens of the first text.
 * @param second - Tokens of the second text; 0 when there is none.
 * @param room - Tokens that fit, special tokens taken off.
 * @returns Tokens that stay of either.
 * @see `truncate_encodings` in github.com/huggingface/tokenizers.
 * @example
 * longestFirst(10, 4, 9); // [5, 4]
 */
export function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  const kept: [number, number] = shorter <= half ? [shorter, room - shorter] : [half, room - half];
  return first > second ? [kept[1], kept[0]] : kept;
}

const ASTRAL_IDEOGRAPH = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/**
 * Two rules of BERT's normaliser that the JavaScript package does not follow, applied before it sees the text:
 * ideographs beyond U+FFFF stand alone like all others, and Σ becomes σ wherever it stands (JavaScript writes ς at the end
 * of a word, Rust lowers one character at a time).
 */
export function repairFor(tokenizerJson: object): (text: string) => string {
  const { normalizer } = tokenizerJson as {
    normalizer?: { type: string; lowercase?: boolean; handle_chinese_chars?: boolean } | null;
  };
  if (normalizer?.type !== "BertNormalizer") return (text) => text;
  return (text) => {
    const spaced = normalizer.handle_chinese_chars ? text.replace(ASTRAL_IDEOGRAPH, " $& ") : text;
    return normalizer.lowercase ? spaced.replaceAll("Σ", "σ") : spaced;
  };
}

/** Past this many distinct words a corpus is no language, and the cache stops growing. */
const MOST_CACHED_WORDS = 300_000;

/**
 * Ids of a text without special tokens.
 *
 * BERT's pre-tokenizer never looks across a space, so its words are tokenised once and remembered: 2 to 4 times faster on
 * real text. Other tokenizers make spaces part of tokens and get the whole text.
 */
function idsReader(library: HuggingFaceTokenizer, tokenizerJson: object): (text: string) => number[] {
  const repair = repairFor(tokenizerJson);
  const direct = (text: string): number[] => {
    const ids: (number | undefined)[] = library.encode(repair(text), { add_special_tokens: false }).ids;
    // the package has no number for a token that the vocabulary lacks, where there is no unknown token
    if (!ids.includes(undefined)) return ids as number[];
    const rule = "an unknown token in the vocabulary, for what it lacks";
    throw expectedGot(
      "tokenizer/bad-file",
      "tokenizer.json, model",
      rule,
      "none",
      "Save the tokenizer again with save_pretrained.",
    );
  };
  const { normalizer, pre_tokenizer, added_tokens } = tokenizerJson as {
    normalizer?: { type: string } | null;
    pre_tokenizer?: { type: string } | null;
    added_tokens?: readonly { content: string }[];
  };
  const wordByWord =
    pre_tokenizer?.type === "BertPreTokenizer" &&
    (!normalizer || normalizer.type === "BertNormalizer") &&
    !added_tokens?.some(({ content }) => content.includes(" "));
  if (!wordByWord) return direct;
  const cache = new Map<string, number[]>();
  return (text) => {
    const ids: number[] = [];
    for (const word of text.split(" ")) {
      if (word === "") continue;
      let known = cache.get(word);
      if (known === undefined) {
        known = direct(word);
        if (cache.size < MOST_CACHED_WORDS) cache.set(word, known);
      }
      for (const id of known) ids.push(id);
    }
    return ids;
  };
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
export function createTokenizer({ tokenizerJson, tokenizerConfig = {}, maxLength = 128 }: TokenizerOptions): Tokenizer {
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
  if (!Number.isInteger(maxLength) || maxLength <= special[1]) {
    throw expectedGot(
      "tokenizer/bad-length",
      "maxLength",
      `a whole number of tokens above ${special[1]}, the special tokens of a pair`,
      maxLength,
    );
  }
  const { added_tokens: specialTokens = [] } = tokenizerJson as { added_tokens?: readonly { id: number; special: boolean }[] };
  const idsOf = idsReader(library, tokenizerJson);
  const textAt = templates[0].findIndex((part) => "sequence" in part);
  const idsIn = (parts: readonly TemplatePart[]): number[] => parts.flatMap((part) => ("id" in part ? [part.id] : []));

  return {
    maxLength,
    padTokenId,
    vocabularySize,
    maskTokenId: idOf("mask_token", "[MASK]", "<mask>"),
    specialIds: new Set([padTokenId, ...specialTokens.flatMap(({ id, special }) => (special ? [id] : []))]),
    opening: idsIn(templates[0].slice(0, textAt)),
    closing: idsIn(templates[0].slice(textAt)),
    spaceBeforeWords: !splitsAtSpaces(tokenizerJson),
    encodeAll: idsOf,
    encode(text, pair) {
      const which = pair === undefined ? 0 : 1;
      const ids = [idsOf(text), pair === undefined ? [] : idsOf(pair)];
      const kept = longestFirst(ids[0].length, ids[1].length, maxLength - special[which]);
      const n = kept[0] + kept[1] + special[which];
      const inputIds = new Int32Array(n);
      const tokenTypeIds = new Int32Array(n);
      let at = 0;
      for (const part of templates[which]) {
        const piece = "id" in part ? [part.id] : ids[part.sequence].slice(0, kept[part.sequence]);
        inputIds.set(piece, at);
        tokenTypeIds.fill(part.type, at, (at += piece.length));
      }
      return { inputIds, tokenTypeIds, truncated: kept[0] < ids[0].length || kept[1] < ids[1].length };
    },
    tokens: (ids) => Array.from(ids, (id) => library.id_to_token(id) ?? `<${id}>`),
  };
}

/**
 * Tokenise every example of a dataset.
 *
 * @returns One entry an example, in order.
 * @example
 * const encoded = encodeDataset(tokenizer, dataset);
 */
export function encodeDataset(tokenizer: Tokenizer, { examples }: Dataset): Encoded[] {
  return examples.map(({ index, label, labels, words, text, pair }) => {
    if (words !== undefined) return { index, label, ...encodeWords(tokenizer, words, labels) };
    return { index, label, ...(labels && { labels }), ...tokenizer.encode(text, pair) };
  });
}

/**
 * Tokenise a text that is given in words; the first token of a word carries its label, as in transformers' `run_ner.py`.
 *
 * @param words - Each is tokenised by itself; the tokens follow each other between the special tokens, cut at the length.
 * @param labels - [words] class indices; −1 for words without one.
 * @returns `labels` [n], and `wordOf` [n]: which word a token is the first of, else −1.
 */
export function encodeWords(
  tokenizer: Tokenizer,
  words: readonly string[],
  labels: readonly number[] = words.map(() => -1),
): Encoding & { readonly labels: number[]; readonly wordOf: number[] } {
  const { opening, closing } = tokenizer;
  const room = tokenizer.maxLength - opening.length - closing.length;
  const ids: number[] = [];
  const wordOf: number[] = [];
  words.forEach((word, at) => {
    // a tokenizer that puts the space in front of a word into its token sees the words as they stand in a sentence
    const pieces = tokenizer.encodeAll(tokenizer.spaceBeforeWords && at > 0 ? ` ${word}` : word);
    pieces.forEach((id, piece) => {
      ids.push(id);
      wordOf.push(piece === 0 ? at : -1);
    });
  });
  const kept = Math.min(room, ids.length);
  const places = [...opening.map(() => -1), ...wordOf.slice(0, kept), ...closing.map(() => -1)];
  const inputIds = Int32Array.from([...opening, ...ids.slice(0, kept), ...closing]);
  return {
    inputIds,
    tokenTypeIds: new Int32Array(inputIds.length),
    truncated: kept < ids.length,
    labels: places.map((word) => (word < 0 ? -1 : labels[word])),
    wordOf: places,
  };
}
