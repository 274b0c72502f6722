import { taskOf } from "../../tasks/index.ts";
import type { Dataset, Encoded, Example } from "../types.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";

/**
 * Tokenise every example of a dataset.
 *
 * @returns One entry an example, in order.
 * @example
 * const encoded = encodeDataset(tokenizer, dataset);
 */
export function encodeDataset(tokenizer: Tokenizer, { examples, task }: Dataset): Encoded[] {
  if (taskOf({ task }).labels?.ofPairs) return encodePairs(tokenizer, examples);
  return examples.map(({ index, label, labels, words, text, pair }) => {
    if (words !== undefined) return { index, label, ...encodeWords(tokenizer, words, labels) };
    return { index, label, ...(labels && { labels }), ...tokenizer.encode(text, pair) };
  });
}

/** The texts of a row on their own: one of the other tasks' pairs is one sequence, and these are several. */
export const textsOf = ({ text, pair, negative }: Pick<Example, "text" | "pair" | "negative">): string[] =>
  [text, pair, negative].filter((each) => each !== undefined);

function encodePairs(tokenizer: Tokenizer, examples: Dataset["examples"]): Encoded[] {
  const numbers = new Map<string, number>();
  const numberOf = ({ inputIds }: Encoding): number => {
    const key = inputIds.join(" ");
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  };
  return examples.map((example) => {
    const texts = textsOf(example).map((text) => tokenizer.encode(text));
    const [first, ...others] = texts;
    const truncated = texts.some((text) => text.truncated);
    return { index: example.index, label: example.label, labels: texts.map(numberOf), ...first, truncated, others };
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
