import type { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { expectedGot } from "../../errors/index.ts";

/** A special token with its type, or the place of the first or second text. */
export type TemplatePart = { readonly id: number; readonly type: number } | { readonly sequence: 0 | 1; readonly type: number };

/** What a post-processor gives back; the package types it as `any`. */
interface PostProcessed {
  readonly tokens: readonly string[];
  readonly token_type_ids?: readonly number[];
}

const PLACES = ["\u0000first", "\u0000second"];

/** Ask the post-processor where it puts special tokens, by giving it place holders for texts. */
export function readTemplate(library: HuggingFaceTokenizer, pair: boolean): TemplatePart[] {
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
