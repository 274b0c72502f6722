import type { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { expectedGot } from "../../errors/index.ts";

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
export function idsReader(library: HuggingFaceTokenizer, tokenizerJson: object): (text: string) => number[] {
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
