import type { Output } from "./output.ts";

/** One command-line option, as data: the parser, the help page and the types of a verb are read from it. */
export interface OptionSpec {
  /** `list`, `numbers` and `integers` take commas or repetition: `--seeds 1,2 --seeds 3`. */
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
  /** Other names, e.g. `lr`. */
  readonly aliases?: readonly string[];
}

/** Options by their Hugging Face name, in snake case; the command line takes dashes too. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  /** Takes all arguments that are left. */
  readonly many?: boolean;
}

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

type ValueOf<Spec extends OptionSpec> = Spec extends { readonly default: unknown }
  ? ValueOfType[Spec["type"]]
  : Spec["type"] extends "boolean"
    ? boolean
    : ValueOfType[Spec["type"]] | undefined;

/** Parsed options under their API names: `learning_rate` becomes `learningRate`. Undefined where neither given nor defaulted. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table & string as Camel<Name>]: ValueOf<Table[Name]>;
};

/** What a verb gets to work with. */
export interface Context<Table extends OptionTable = OptionTable> {
  readonly options: OptionValues<Table>;
  /** API names of the options that the user typed, as against defaults. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  readonly output: Output;
  /** Aborted by the first Ctrl-C (or SIGTERM) of a verb with `stopsOnSignal`. */
  readonly signal: AbortSignal;
  /** What the user typed after `crisp`, for reports. */
  readonly commandLine: string;
}

export interface Verb<Table extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line, no full stop: the list of verbs shows it. */
  readonly summary: string;
  /** What follows `crisp <name>`, e.g. `<data> [options]`. */
  readonly usage: string;
  readonly positionals?: readonly Positional[];
  readonly options: Table;
  /** Full command lines for the help page. */
  readonly examples?: readonly string[];
  /** True for verbs that end cleanly when `context.signal` is aborted; the others are killed by Ctrl-C at once. */
  readonly stopsOnSignal?: boolean;
  /** @returns the exit code; 0 is success. */
  run(context: Context<Table>): Promise<number>;
}

/** Declare a verb; its option table gives `context.options` its types. */
export function defineVerb<const Table extends OptionTable>(verb: Verb<Table>): Verb<Table> {
  return verb;
}

/** `learning_rate` → `learningRate`. */
export function apiName(name: string): string {
  return name.replace(/[_-](\w)/g, (_, letter: string) => letter.toUpperCase());
}
