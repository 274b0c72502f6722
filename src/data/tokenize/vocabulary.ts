import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { expectedGot } from "../../errors/index.ts";
import { repairFor } from "./read-ids.ts";
import { bertTokenizerJson, type TokenizerJson } from "./tokenizer-json.ts";

export interface VocabularyOptions {
  /** Most entries, special tokens included; default 8,000. */
  readonly size?: number;
  /** Tokens that the encoder takes; default 128. Only written into tokenizer_config.json. */
  readonly maxLength?: number;
}

/** BERT's, mask included, so that a model can later be pre-trained with the same file. */
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** A word that stands once would be a row of the embedding table that is trained once; spelt in characters it trains those. */
const LEAST_COUNT = 2;

/**
 * A WordPiece tokenizer of the words of some texts, for an encoder that is trained from nothing.
 *
 * Its entries are the special tokens; every character (the most frequent ones, should they fill more than half) and its `##` form, so
 * that new words can be spelt; then the most frequent words. The same texts give the same file in any order of equal counts: ties go
 * by code point.
 *
 * @param texts - Training texts alone: a word known only from held-out texts must stay unknown.
 * @param options - See `VocabularyOptions`.
 * @returns Contents of `tokenizer.json` and `tokenizer_config.json`, for `createTokenizer`.
 * @throws `data/vocabulary-size` when `size` is no whole number with room for more than the special tokens.
 * @example
 * createTokenizer(buildVocabulary(["a fine film", "a fine day"])).tokens(…); // [CLS] a fine f ##i ##l ##m [SEP]
 *
 * Not the algorithm of Hugging Face's WordPieceTrainer, which merges pairs: whole words are enough for a small classifier, and quick.
 */
export function buildVocabulary(
  texts: Iterable<string>,
  { size = 8000, maxLength = 128 }: VocabularyOptions = {},
): TokenizerJson {
  if (!Number.isSafeInteger(size) || size < SPECIAL.length + 2) {
    const rule = `a whole number of entries, at least ${SPECIAL.length + 2}`;
    throw expectedGot("data/vocabulary-size", "size", rule, size);
  }
  const words = countWords(texts);
  const characters = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) characters.set(character, (characters.get(character) ?? 0) + count);
  }
  const spelling = mostFrequent(characters)
    .slice(0, Math.floor((size - SPECIAL.length) / 2))
    .flatMap((character) => [character, `##${character}`]);
  const known = new Set<string>([...SPECIAL, ...spelling]);
  for (const word of mostFrequent(words)) {
    if (known.size >= size || words.get(word)! < LEAST_COUNT) break;
    known.add(word);
  }
  return bertTokenizerJson({
    vocabulary: [...known],
    specialTokens: SPECIAL,
    model: { type: "WordPiece", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
    maxLength,
  });
}

/** By count, then by code point. */
function mostFrequent(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([key]) => key);
}

/** Words as the tokenizer will see them, through the library's own normaliser and splitter. */
function countWords(texts: Iterable<string>): Map<string, number> {
  const bare = bertTokenizerJson({ vocabulary: SPECIAL, specialTokens: SPECIAL, model: { type: "WordLevel" }, maxLength: 128 });
  const { normalizer, pre_tokenizer } = new HuggingFaceTokenizer(bare.tokenizerJson, bare.tokenizerConfig);
  const repair = repairFor(bare.tokenizerJson);
  const split = (piece: string): string[] => pre_tokenizer!.pre_tokenize(normalizer!.normalize(repair(piece)));
  const counts = new Map<string, number>();
  // neither step looks across a space: a piece between spaces is split once and remembered
  const known = new Map<string, string[]>();
  for (const text of texts) {
    for (const piece of text.split(" ")) {
      const words = known.get(piece) ?? split(piece);
      known.set(piece, words);
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}
