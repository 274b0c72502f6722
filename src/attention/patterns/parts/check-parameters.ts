import { expectedGot, nearest } from "../../../errors/index.ts";

/**
 * Refuse parameters of a pattern that nobody reads: a misspelt one would be passed over.
 *
 * @param pattern - Its name.
 * @param given - What its factory was called with.
 * @param names - Of all its parameters.
 * @throws `pattern/bad-parameter`.
 */
export function checkParameters(pattern: string, given: object, names: readonly string[]): void {
  const rule = `an object with ${names.join(", ")}`;
  if (typeof given !== "object" || given === null) {
    throw expectedGot("pattern/bad-parameter", pattern, rule, given, `Write ${pattern}({ ${names[0]}: … }).`);
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const guess = nearest(unknown, names);
  throw expectedGot("pattern/bad-parameter", pattern, rule, unknown, guess && `Did you mean ${guess}?`);
}
