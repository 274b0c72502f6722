import { expectedGot, nearest } from "../errors/index.ts";

/** What a setting of the API takes that is no option of the command line. */
export interface SettingRule {
  /** Words for messages, e.g. `true or false`. */
  readonly rule: string;
  readonly fits: (value: unknown) => boolean;
  /** All that fits, where it is one of few names. */
  readonly choices?: readonly string[];
  /** What to do instead, where that is not plain. */
  readonly hint?: string;
  /** Whether it must be given; default false. */
  readonly required?: boolean;
}

export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

export const flag: SettingRule = { rule: "true or false", fits: (value) => typeof value === "boolean" };
export const text: SettingRule = { rule: "a text that is not empty", fits: isText };
export const callback: SettingRule = { rule: "a function", fits: (value) => typeof value === "function" };

export const abortSignal: SettingRule = { rule: "an AbortSignal", fits: (value) => value instanceof AbortSignal };
/** Of what is drawn. */
export const seed: SettingRule = { rule: "a whole number", fits: Number.isSafeInteger };
/** Who is told of something by its name, e.g. `onProgress`. */
export const listener: SettingRule = {
  rule: "an object of functions",
  fits: (value) => isObject(value) && !Array.isArray(value),
};
/** What is kept of a run. */
export const log: SettingRule = { rule: "an object that takes events, such as logFile(path)", fits: isObject };

/** @param least - Smallest value allowed, included. */
export const whole = (least: number): SettingRule => ({
  rule: `a whole number of at least ${least}`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});

export const oneOf = (choices: readonly string[]): SettingRule => ({
  rule: `one of ${choices.join(", ")}`,
  fits: (value) => choices.includes(value as string),
  choices,
});

/** @param what - Words for messages, e.g. `an AbortSignal`. */
export const object = (what: string): SettingRule => ({ rule: what, fits: isObject });

/** Texts to be read: a path, several, or what is in memory. */
export const source: SettingRule = {
  rule: "a path, paths, or data in memory with labels and examples",
  fits: (value) =>
    isText(value) ||
    (Array.isArray(value) && value.length > 0 && value.every(isText)) ||
    value instanceof Blob ||
    (isObject(value) && "labels" in value && "examples" in value),
};

const isPattern = (value: unknown): boolean => isObject(value) && "keep" in value && typeof value.keep === "function";

/** One of several texts, or several of them. */
export const texts: SettingRule = {
  rule: "a text, or several",
  fits: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
};

/** A pattern, or a plan that holds one. */
export const attention: SettingRule = {
  rule: "a pattern",
  fits: (value) => isPattern(isObject(value) && "pattern" in value ? value.pattern : value),
  hint: 'Take one such as topK({ sparsity: 0.8 }), or parsePattern("topK(sparsity=0.8)").',
};

/** Settings by name, each with what it takes; true where that is checked when it is read. */
export type SettingRules<Name extends string = string> = Readonly<Record<Name, true | SettingRule>>;

/** Whose settings are checked: its name for messages, e.g. `train`, and the code of the error. */
interface Owner {
  readonly name: string;
  readonly code: string;
}

/**
 * Refuse a setting that nobody reads, as a misspelt one would be passed over.
 *
 * @param known - All names.
 * @param guess - What is said to be meant; default the nearest name.
 */
export function checkNames(
  { name, code }: Owner,
  settings: object,
  known: readonly string[],
  guess?: (unknown: string) => string | undefined,
): void {
  if (!isObject(settings)) throw expectedGot(code, name, "an object of settings", settings);
  const unknown = Object.keys(settings).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const meant = guess?.(unknown) ?? nearest(unknown, known);
  throw expectedGot(code, name, `options among ${known.join(", ")}`, unknown, meant && `Did you mean ${meant}?`);
}

/** Refuse a setting of another kind than it takes, or one that is missing. */
export function checkRules({ name: owner, code }: Owner, settings: object, rules: SettingRules): void {
  if (!isObject(settings)) throw expectedGot(code, owner, "an object of settings", settings);
  for (const [name, rule] of Object.entries(rules)) {
    const value = (settings as Readonly<Record<string, unknown>>)[name];
    if (rule === true || (value === undefined && !rule.required) || rule.fits(value)) continue;
    const close = typeof value === "string" && rule.choices ? nearest(value, rule.choices) : undefined;
    const hint = close ? `Did you mean ${close}?` : rule.hint;
    throw expectedGot(code, name, rule.rule, shown(value), hint);
  }
}

/** As a message says what came. */
function shown(value: unknown): unknown {
  if (value === undefined) return "none";
  if (!isObject(value) || Array.isArray(value)) return value;
  return `an object with ${Object.keys(value).join(", ") || "nothing in it"}`;
}
