/** What stays of a text that is longer than the encoder takes: its beginning, or a quarter of the room for that and the rest for its end. */
export type LongTexts = "head" | "head_tail";

/** Names of the ways, for option tables. */
export const LONG_TEXTS: readonly LongTexts[] = ["head", "head_tail"];

const HEAD_SHARE = 0.25;

/**
 * The tokens of a text that stay.
 *
 * @param kept - How many; all where there are no more.
 * @example
 * cutTokens([1, 2, 3, 4, 5, 6, 7, 8], 4, "head_tail"); // [1, 6, 7, 8]
 * @see Sun et al., arXiv 1905.05583, where head and tail together beat either: reviews say at their end what they think.
 */
export function cutTokens(ids: readonly number[], kept: number, longTexts: LongTexts): readonly number[] {
  if (ids.length <= kept) return ids;
  if (longTexts === "head") return ids.slice(0, kept);
  const head = Math.round(HEAD_SHARE * kept);
  return [...ids.slice(0, head), ...ids.slice(ids.length - (kept - head))];
}
