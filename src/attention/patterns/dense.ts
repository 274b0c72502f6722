import type { Pattern } from "./pattern.ts";

/**
 * Full attention: keeps every allowed pair.
 *
 * @example
 * dense().id; // "dense"
 */
export const dense = (): Pattern => ({
  id: "dense",
  needsScores: false,
  nominalSparsity: 0,
  keep: ({ allowed }) => allowed.slice(),
  graph: ({ allowed }) => allowed,
});

/** Whether a pattern, or the id of a stored one, is {@link dense}. */
export const isDensePattern = (pattern: Pattern | string): boolean =>
  (typeof pattern === "string" ? pattern : pattern.id) === "dense";
