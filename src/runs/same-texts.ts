import type { Encoded } from "../data/index.ts";

/** A number for each example; equal ones for equal tokens. */
export function sameTexts(examples: readonly Encoded[]): number[] {
  const first = new Map<string, number>();
  return examples.map(({ inputIds }, at) => {
    const key = inputIds.join(" ");
    if (!first.has(key)) first.set(key, at);
    return first.get(key)!;
  });
}
