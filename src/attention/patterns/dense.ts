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

/** Whether the pattern of a plan, or the id of a stored one, is {@link dense}, so that there is no sparsity to switch off. */
export const isDense = ({ pattern }: { readonly pattern: Pattern | string }): boolean =>
  (typeof pattern === "string" ? pattern : pattern.id) === "dense";
