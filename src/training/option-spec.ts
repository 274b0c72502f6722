/** One option, as data: command line, help page, types, defaults and checks are read from it. */
export interface OptionSpec {
  /** `list`, `numbers` and `integers` take commas or repetition on the command line: `--seeds 1,2 --seeds 3`. */
  readonly type: "string" | "number" | "integer" | "boolean" | "list" | "numbers" | "integers";
  /** One line for the help page, without the default. */
  readonly help: string;
  readonly default?: string | number | boolean | readonly string[] | readonly number[];
  /** Stands for the value on the help page, e.g. `file`, `steps`; the default is the type. */
  readonly unit?: string;
  readonly choices?: readonly string[];
  /** Smallest value allowed, included. */
  readonly min?: number;
  /** Largest value allowed, included. */
  readonly max?: number;
  /** Upper limit, not included. */
  readonly below?: number;
  /** Other names, e.g. `lr`. */
  readonly aliases?: readonly string[];
  /** What it is called in code where that is not its name in camel case, e.g. `maxLength`. */
  readonly inCode?: readonly string[];
}

/** Options by their Hugging Face name, in snake case; the command line takes dashes too. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;

interface ValueOfType {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  list: readonly string[];
  numbers: readonly number[];
  integers: readonly number[];
}

type Plain<Spec extends OptionSpec> = Spec extends { readonly type: "string"; readonly choices: readonly (infer Choice)[] }
  ? Choice
  : ValueOfType[Spec["type"]];

type ValueOf<Spec extends OptionSpec> = Spec extends { readonly default: unknown } | { readonly type: "boolean" }
  ? Plain<Spec>
  : Plain<Spec> | undefined;

/** Options under their API names: `learning_rate` becomes `learningRate`. Undefined where neither given nor defaulted. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table & string as Camel<Name>]: ValueOf<Table[Name]>;
};

/** `learning_rate` → `learningRate`. */
export function apiName(name: string): string {
  return name.replace(/[_-](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `learningRate` → `learning_rate`. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Names that other trainers have and Crisp has nothing for, and what to say of each. */
export type ForeignOptions = Readonly<Record<string, string>>;

const NOUNS: Readonly<Record<OptionSpec["type"], string>> = {
  string: "a value",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  list: "a comma-separated list",
  numbers: "numbers, with commas",
  integers: "whole numbers, with commas",
};

/** What an option takes, for messages, e.g. `a whole number of examples, at least 1`. */
export function ruleOf({ type, choices, min, max, below, unit }: OptionSpec): string {
  if (choices) return `one of ${choices.join(", ")}`;
  const counted = /^(number|integer)$/.test(type) && unit !== undefined && /^\w+$/.test(unit);
  const noun = counted ? `${NOUNS[type]} of ${unit}` : NOUNS[type];
  if (below !== undefined) return `${noun} in [${min ?? "-∞"}, ${below})`;
  if (min !== undefined && max !== undefined) return `${noun} from ${min} to ${max}`;
  if (min !== undefined) return counted ? `${noun}, at least ${min}` : `${noun} of at least ${min}`;
  return max === undefined ? noun : `${noun} of at most ${max}`;
}

/** Whether a number is in an option's range. */
export const inRange = (value: number, { type, min = -Infinity, max = Infinity, below = Infinity }: OptionSpec): boolean =>
  Number.isFinite(value) &&
  value >= min &&
  value <= max &&
  value < below &&
  (!/^integers?$/.test(type) || Number.isSafeInteger(value));

/** Whether a value of the API is one that an option takes. */
export function fitsOption(value: unknown, spec: OptionSpec): boolean {
  if (spec.type === "boolean") return typeof value === "boolean";
  if (spec.type === "list") return Array.isArray(value) && value.every((part) => typeof part === "string");
  if (spec.type === "number" || spec.type === "integer") return typeof value === "number" && inRange(value, spec);
  return typeof value === "string" && (spec.choices?.includes(value) ?? true);
}
