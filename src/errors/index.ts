import { oneLine, printed, printedRule } from "./printed.ts";

export { counted } from "./counted.ts";
export * as markdown from "./markdown.ts";
export { nearest } from "./nearest.ts";
export { escapeControls, oneLine, printed, printedJson } from "./printed.ts";

/** Every error Crisp throws on purpose. `code` is for programs, `message` for people: one line of at most 1,800 characters. */
export class CrispError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(oneLine(message));
    this.name = "CrispError";
    this.code = code;
    this.details = details;
  }
}

/**
 * Build an error whose message has one shape: `where: expected <rule>, got <value>. <Next step.>`
 *
 * @param code - Stable id for programs, `area/reason`, e.g. `pattern/bad-parameter`.
 * @param where - Public name the caller typed, e.g. `topK`, or the file and line, e.g. `train.csv:12`.
 * @param expected - The rule, in words, with its unit.
 * @param got - The offending value; shapes are printed as `[2, 12, 128, 64]`.
 * @param hint - What to do next, as one full sentence. Left out when nothing useful can be said.
 * @example
 * throw expectedGot("pattern/bad-parameter", "topK", "a sparsity in [0, 1)", 1.2, "0.8 removes four of five keys.");
 */
export function expectedGot(code: string, where: string, expected: string, got: unknown, hint?: string): CrispError {
  const message = `${printedRule(where)}: expected ${printedRule(expected)}, got ${printed(got)}.${hint ? ` ${hint}` : ""}`;
  return new CrispError(code, message, { expected, got });
}
