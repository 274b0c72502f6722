import type { Encoded } from "../data/index.ts";

/** A number for each example; equal ones for those that share text: their group or, where they have none, equal tokens. */
export function sameTexts(examples: readonly Encoded[]): number[] {
  const first = new Map<string, number>();
  return examples.map(({ inputIds, group }, at) => {
    const key = group === undefined ? inputIds.join(" ") : `group ${group}`;
    if (!first.has(key)) first.set(key, at);
    return first.get(key)!;
  });
}
