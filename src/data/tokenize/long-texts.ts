import { expectedGot } from "../../errors/index.ts";
import type { Encoded } from "../types.ts";

/**
 * What is read of a text that is longer than the encoder takes: its beginning; a quarter of the room for that and the rest for its end; or
 * all of it, in overlapping windows.
 */
export type LongTexts = "head" | "head_tail" | "chunks";

/** Names of the ways, for option tables. */
export const LONG_TEXTS: readonly LongTexts[] = ["head", "head_tail", "chunks"];

/** Windows that are read of one text, where nobody says otherwise; what lies behind the last is cut. */
export const MOST_WINDOWS = 16;

const HEAD_SHARE = 0.25;
const OVERLAP = 1 / 8;

/** Tokens that a window of so many shares with the one before it, where nobody says otherwise: an eighth. */
export const defaultStride = (maxLength: number): number => Math.floor(OVERLAP * maxLength);

/**
 * The tokens of a text that stay, where it is read as one window.
 *
 * @param kept - How many; all where there are no more.
 * @example
 * cutTokens([1, 2, 3, 4, 5, 6, 7, 8], 4, "head_tail"); // [1, 6, 7, 8]
 * @see Sun et al., arXiv 1905.05583, where head and tail together beat either: reviews say at their end what they think.
 */
export function cutTokens(ids: readonly number[], kept: number, longTexts: LongTexts): readonly number[] {
  if (ids.length <= kept) return ids;
  if (longTexts !== "head_tail") return ids.slice(0, kept);
  const head = Math.round(HEAD_SHARE * kept);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (kept - head))];
}

/**
 * An encoded text, or window of one, of at most so many tokens: its first and its last, which are special, and head and tail between them.
 *
 * @param maxLength - At least 3.
 */
export function shortened<Part extends Pick<Encoded, "inputIds" | "tokenTypeIds">>(encoded: Part, maxLength: number): Part {
  const { inputIds, tokenTypeIds } = encoded;
  const last = inputIds.length - 1;
  if (last < maxLength) return encoded;
  const inner = Array.from({ length: last - 1 }, (_, at) => at + 1);
  const kept = [0, ...cutTokens(inner, maxLength - 2, "head_tail"), last];
  const of = (ids: Int32Array): Int32Array => Int32Array.from(kept, (place) => ids[place]);
  return { ...encoded, inputIds: of(inputIds), tokenTypeIds: of(tokenTypeIds), truncated: true };
}

/**
 * The windows of a text: each begins `stride` tokens before the end of the one before it, and the last ends with the text.
 *
 * As Hugging Face's tokenizers cut with `return_overflowing_tokens=True`; of these the first `most`.
 *
 * @param size - Most tokens of a window, special tokens left out.
 * @param stride - Tokens that two windows share, below `size`.
 * @param most - Windows.
 * @returns At least one window; `truncated` where there would be more than `most`.
 * @example
 * windowsOf([1, 2, 3, 4, 5, 6, 7], { size: 4, stride: 1, most: 16 }).windows; // [[1, 2, 3, 4], [4, 5, 6, 7]]
 */
export function windowsOf(
  ids: readonly number[],
  { size, stride, most }: { readonly size: number; readonly stride: number; readonly most: number },
): { readonly windows: (readonly number[])[]; readonly truncated: boolean } {
  const windows = [ids.slice(0, size)];
  let end = size;
  while (end < ids.length && windows.length < most) {
    windows.push(ids.slice(end - stride, end - stride + size));
    end += size - stride;
  }
  return { windows, truncated: end < ids.length };
}

/** @throws `tokenizer/bad-stride` */
export function checkStride(stride: number, size: number): void {
  if (Number.isInteger(stride) && stride >= 0 && stride < size) return;
  const rule = `a whole number of tokens from 0 to ${size - 1}, one less than a window has room for`;
  throw expectedGot("tokenizer/bad-stride", "docStride", rule, stride);
}
