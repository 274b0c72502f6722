import { CrispError, expectedGot, nearest } from "../../errors/index.ts";
import type { Pattern } from "./pattern.ts";
import { combinators, patterns } from "./registry.ts";

/**
 * Read a pattern's id back: `parsePattern(p.id).id === p.id` for every pattern. The text is the call that builds it:
 *
 * ```
 * pattern    ::= name [ "(" [ argument { "," argument } ] ")" ]
 * argument   ::= key "=" ( number { "+" number } | "true" | "false" )   for a pattern
 *              | pattern                                                 for inOrder and anyOf
 * ```
 *
 * @param text - Spaces between the parts do not matter.
 * @throws `pattern/unknown`, `pattern/bad-parameter` or `pattern/syntax`.
 * @example
 * parsePattern("inOrder(slidingWindow(radius=4), topK(sparsity=0.5))");
 */
export function parsePattern(text: string): Pattern {
  if (typeof text !== "string") throw expectedGot("pattern/syntax", "pattern", "a text such as topK(sparsity=0.8)", text);
  const tokens = text.match(/[(),=]|[^\s(),=]+/g) ?? [];
  let at = 0;
  const next = (): string => tokens[at++] ?? "the end";
  const expected = (rule: string, got: string): CrispError =>
    expectedGot(
      "pattern/syntax",
      "pattern",
      rule,
      `${got} in ${text || "an empty text"}`,
      "Write topK(sparsity=0.8), for example.",
    );

  /** The comma-separated items of a bracket, if one opens here. */
  const list = (item: () => void): void => {
    if (tokens[at] !== "(") return;
    at++;
    if (tokens[at] === ")") return void at++;
    for (;;) {
      item();
      const end = next();
      if (end === ")") return;
      if (end !== ",") throw expected('"," or ")"', end);
    }
  };

  const pattern = (): Pattern => {
    const name = next();
    if (/^[(),=]$|^the end$/.test(name)) throw expected("the name of a pattern", name);
    if (Object.hasOwn(combinators, name)) {
      const parts: Pattern[] = [];
      list(() => parts.push(pattern()));
      return combinators[name](...parts);
    }
    if (!Object.hasOwn(patterns, name)) throw unknownPattern(name);
    const { parameters, create } = patterns[name];
    const values: Record<string, number | boolean | readonly number[]> = {};
    list(() => {
      const key = next();
      if (tokens[at] !== "=") throw expected(`${name}'s parameters as name=value`, key);
      if (!parameters.includes(key) || Object.hasOwn(values, key)) throw badKey(name, key, parameters);
      at++;
      values[key] = readValue(`${name}(${key})`, next());
    });
    return create(values);
  };

  const parsed = pattern();
  if (at < tokens.length) throw expected("nothing after the pattern", tokens[at]);
  return parsed;
}

/** The error for a name that the registry lacks: the nearest name where one is near, and all of them. */
export function unknownPattern(name: string): CrispError {
  const known = [...Object.keys(patterns), ...Object.keys(combinators)];
  const guess = nearest(name, known);
  return new CrispError(
    "pattern/unknown",
    `pattern: expected one of ${known.join(", ")}, got ${name}.${guess ? ` Did you mean ${guess}?` : ""}`,
    { expected: known, got: name, guess },
  );
}

function badKey(name: string, key: string, parameters: readonly string[]): CrispError {
  const guess = nearest(key, parameters);
  const rule = parameters.length === 0 ? "no parameters" : `each of ${parameters.join(", ")} at most once`;
  return expectedGot("pattern/bad-parameter", name, rule, key, guess && guess !== key ? `Did you mean ${guess}?` : undefined);
}

function readValue(where: string, text: string): number | boolean | readonly number[] {
  if (/^\d+(\+\d+)+$/.test(text)) return text.split("+").map(Number);
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  // NaN is let through where it is spelled out: the factory's own message says what it wants.
  if (!Number.isNaN(value) || text === "NaN") return value;
  throw expectedGot("pattern/bad-parameter", where, "a number, true or false", text);
}
