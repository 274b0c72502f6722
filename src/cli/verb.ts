import type { ForeignOptions, OptionTable, OptionValues } from "../training/index.ts";
import type { Output } from "./output.ts";

export { apiName, type OptionSpec, type OptionTable, type OptionValues } from "../training/index.ts";

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  /** Takes all arguments that are left. */
  readonly many?: boolean;
}

export type OptionValue = string | number | boolean | readonly string[] | readonly number[] | undefined;

export interface ParsedArguments {
  /** By API name (`learningRate`), defaults filled in. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  /** Of a run that is continued: the command that started it, without `crisp`. */
  readonly startedBy?: readonly string[];
}

/** What a verb gets to work with. */
export interface Context<Table extends OptionTable = OptionTable> {
  readonly options: OptionValues<Table>;
  /** API names of the options that the user typed, as against defaults. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  readonly output: Output;
  /** Aborted by the first Ctrl-C (or SIGTERM) of a verb with `stopsOnSignal` or `endsOnSignal`. */
  readonly signal: AbortSignal;
  /** What the user typed to start the run, for reports. */
  readonly commandLine: string;
  /** What was typed now, without `crisp`, word by word. */
  readonly command: readonly string[];
}

export interface Verb<Table extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line, no full stop: the list of verbs shows it. */
  readonly summary: string;
  /** What follows `crisp <name>`, e.g. `<data> [options]`. */
  readonly usage: string;
  readonly positionals?: readonly Positional[];
  readonly options: Table;
  /** Names that people know from elsewhere and that mean nothing here. */
  readonly foreign?: ForeignOptions;
  /** Full command lines for the help page. */
  readonly examples?: readonly string[];
  /** True for verbs that end cleanly when `context.signal` is aborted; the others are killed by Ctrl-C at once. */
  readonly stopsOnSignal?: boolean;
  /** True for servers: they run until `context.signal` is aborted, which is no failure. */
  readonly endsOnSignal?: boolean;
  /** What was typed, with what an unfinished run was started with in place of all that was left out. */
  readonly continues?: (typed: ParsedArguments, onNote: (text: string) => void) => ParsedArguments;
  /** @returns the exit code; 0 is success. */
  run(context: Context<Table>): Promise<number>;
}

/** Declare a verb; its option table gives `context.options` its types. */
export function defineVerb<const Table extends OptionTable>(verb: Verb<Table>): Verb<Table> {
  return verb;
}
