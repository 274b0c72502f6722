import type { HeadView } from "../pattern.ts";

/**
 * Real tokens of an example, read off its mask: one more than the last query that still has a key.
 *
 * Works inside a composition too, because no pattern empties a real query's row, and padding stands at the end.
 *
 * @returns Tokens in 0 … n.
 */
export function validLength({ n, allowed }: HeadView): number {
  return Math.ceil((allowed.lastIndexOf(1) + 1) / n);
}
