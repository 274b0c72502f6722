/** A pattern's parameters as its id shows them and `parsePattern` reads them; undefined and false are left out of
 * ids, and a list is joined by plus signs. */
export type PatternParameters = Readonly<Record<string, number | boolean | readonly number[] | undefined>>;

/**
 * The stable id of a pattern: its name, then every parameter that was set, in the order given.
 *
 * @example
 * patternId("topK", { sparsity: 0.8, paddedTo: 128, keepSpecial: false }); // "topK(sparsity=0.8, paddedTo=128)"
 */
export function patternId(name: string, parameters: PatternParameters): string {
  const shown = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== false);
  return shown.length === 0
    ? name
    : `${name}(${shown.map(([key, value]) => `${key}=${Array.isArray(value) ? value.join("+") : value}`).join(", ")})`;
}
