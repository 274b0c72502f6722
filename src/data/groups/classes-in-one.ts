import type { Dataset } from "../types.ts";

/** A class, and how many rows it has. */
export interface ClassInOne {
  readonly label: string;
  readonly rows: number;
}

/**
 * Classes of several rows all of which are in one part: one group of rows that share text, or one fold. Whoever is tested on them was
 * taught none.
 *
 * @param partOf - Of each example.
 */
export function classesInOne(
  { examples, labels }: Pick<Dataset, "examples" | "labels">,
  partOf: ArrayLike<number>,
): ClassInOne[] {
  const parts = labels.map(() => new Set<number>());
  const rows = labels.map(() => 0);
  examples.forEach(({ label }, at) => {
    if (label < 0) return;
    parts[label].add(partOf[at]);
    rows[label]++;
  });
  return labels.flatMap((label, at) => (parts[at].size === 1 && rows[at] > 1 ? [{ label, rows: rows[at] }] : []));
}

/** How many examples the largest part has. */
export function largestPart(partOf: ArrayLike<number>): number {
  const sizes = new Map<number, number>();
  for (let at = 0; at < partOf.length; at++) sizes.set(partOf[at], (sizes.get(partOf[at]) ?? 0) + 1);
  return [...sizes.values()].reduce((most, size) => Math.max(most, size), 0);
}
