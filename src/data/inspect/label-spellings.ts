/** A label as it is written, and how often. */
export interface WrittenLabel {
  readonly label: string;
  readonly count: number;
}

/**
 * Labels that differ in case or spaces only.
 *
 * @param written - Labels and how often each stands in the data.
 * @returns The groups of more than one, each with the most frequent first.
 * @example
 * labelSpellings([{ label: "Refund", count: 12 }, { label: "refund ", count: 3 }, { label: "other", count: 9 }]);
 * // [[{ label: "Refund", count: 12 }, { label: "refund ", count: 3 }]]
 */
export function labelSpellings(written: readonly WrittenLabel[]): readonly (readonly WrittenLabel[])[] {
  const groups = new Map<string, WrittenLabel[]>();
  for (const one of written) {
    const key = one.label.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].filter((group) => group.length > 1).map((group) => group.sort((a, b) => b.count - a.count));
}
