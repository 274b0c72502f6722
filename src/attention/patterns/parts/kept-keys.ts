import { expectedGot } from "../../../errors/index.ts";

/**
 * Keys kept of `valid` ones: `max(1, ceil((1 − sparsity) · valid − 1e-9))`.
 *
 * The 1e-9 keeps float error from adding a key: (1 − 0.7) · 10 is 3.0000000000000004 and must keep 3.
 *
 * @param sparsity - Share of keys to remove, in [0, 1).
 * @param valid - Keys there are, at least 0.
 * @example
 * keptKeys(0.8, 12); // 3
 */
export const keptKeys = (sparsity: number, valid: number): number => Math.max(1, Math.ceil((1 - sparsity) * valid - 1e-9));

/**
 * Check a nominal sparsity.
 *
 * @param where - Name of the pattern, for the message.
 * @throws `pattern/bad-parameter` unless it is a number in [0, 1).
 */
export function checkSparsity(where: string, value: unknown): asserts value is number {
  if (typeof value === "number" && value >= 0 && value < 1) return;
  throw expectedGot(
    "pattern/bad-parameter",
    where,
    "a sparsity in [0, 1)",
    value,
    "0 keeps every key, 0.8 removes four of five.",
  );
}

/**
 * How many of `allowed` keys a query keeps, in 1 … `allowed`.
 *
 * @param sparsity - Effective share to remove, in [0, 1).
 * @param allowed - Keys that the row still allows, at least 1.
 * @param paddedTo - Count as if the sequence had this many keys: k no longer shrinks with the text, and a text of at most k
 *   tokens loses nothing. Left out, the share is taken of `allowed` itself.
 * @example
 * keysOfRow(0.8, 12); // 3
 * keysOfRow(0.8, 12, 128); // 12: k is 26, more than there are
 */
export function keysOfRow(sparsity: number, allowed: number, paddedTo = 0): number {
  return Math.min(allowed, keptKeys(sparsity, Math.max(allowed, paddedTo)));
}
