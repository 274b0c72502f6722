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
