import { CrispError, nearest } from "../errors/index.ts";
import { explainChange } from "../files/index-node.ts";
import { mainHelp, verbHelp } from "./help.ts";
import { inOptionNames } from "./option-names.ts";
import { createOutput } from "./output.ts";
import { parseArguments } from "./parse-arguments.ts";
import type { Sink } from "./sink.ts";
import type { Context, Verb } from "./verb.ts";

export interface Command {
  /** Arguments after `crisp`. */
  readonly argv: readonly string[];
  readonly verbs: readonly { readonly name: string; readonly summary: string; load(): Promise<Verb> }[];
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Called once the verb is known to end cleanly on a signal, with when it will; returns the signal. */
  readonly listenForSignals: (when?: string) => AbortSignal;
}

/** Exit code after Ctrl-C, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

/**
 * Run one command line.
 *
 * @returns the exit code: 0 done, 1 an error, 2 a mistake in the command line, 130 stopped by Ctrl-C.
 */
export async function runCommand(command: Command): Promise<number> {
  const { argv, env, stdout, stderr, verbs } = command;
  // Read before parsing, so that errors of the parser itself obey them.
  const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json = before.includes("--json");
  const verbose = before.includes("--verbose");
  const output = createOutput({ stdout, stderr, env, json, verbose });
  let signal: AbortSignal | undefined;
  let running: Verb | undefined;
  try {
    const first = argv[0];
    if (first === undefined || first === "--help" || first === "-h" || (first === "help" && argv[1] === undefined)) {
      output.print(mainHelp(verbs));
      return 0;
    }
    if (first === "--version" || first === "-V") {
      output.print(command.version);
      output.record({ version: command.version });
      return 0;
    }
    const [name, rest] = first === "help" ? [argv[1]!, ["--help"]] : [first, argv.slice(1)];
    const entry = verbs.find((verb) => verb.name === name);
    if (!entry) throw unknownVerb(name, verbs);
    const verb = await entry.load();
    running = verb;
    const typed = parseArguments(`crisp ${name}`, rest, verb.options, verb.positionals ?? [], verb.foreign);
    if (typed.options.help) {
      output.print(verbHelp(verb));
      return 0;
    }
    const parsed = verb.continues ? verb.continues(typed, output.note) : typed;
    if (verb.endsOnSignal) signal = command.listenForSignals("once what was asked is answered");
    else signal = verb.stopsOnSignal ? command.listenForSignals() : new AbortController().signal;
    const commandLine = typedAs(parsed.startedBy ?? argv);
    const context = { ...parsed, output, signal, commandLine, command: [name, ...rest] } as Context;
    const code = await verb.run(context);
    return signal.aborted && !verb.endsOnSignal ? INTERRUPTED : code;
  } catch (thrown) {
    if (signal?.aborted && (thrown === signal.reason || (thrown as Error | null)?.name === "AbortError")) return INTERRUPTED;
    const told = explainChange(thrown);
    const error = told instanceof CrispError && running ? inOptionNames(told, running.options) : told;
    for (const line of describe(error, json, verbose).split("\n")) output.note(line);
    return error instanceof CrispError && error.code.startsWith("cli/") ? 2 : 1;
  }
}

/** An argument as a shell takes it, so that a printed command can be typed again. */
export const shellQuoted = (argument: string): string =>
  /^[\w./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** A whole command line, from the verb on, as it may be printed and kept: addresses of databases without their passwords. */
export const typedAs = (command: readonly string[]): string =>
  ["crisp", ...command.map((argument) => shellQuoted(withoutPassword(argument)))].join(" ");

/** One argument without the password of an address, which stands in front of the host, up to the last `@`, or is a parameter. */
const withoutPassword = (argument: string): string =>
  argument
    .replace(/(:\/\/[^:@/?]*):.*@/s, "$1@")
    .replace(/([?&])(?:ssl)?password=[^&]*(&?)/gi, (_, before: string, after: string) => (after === "" ? "" : before));

/** Words of a text; what is quoted, as by a shell or in JSON, is one. */
const WORDS = /'(?:[^']|'\\'')*'|"(?:[^"\\]|\\.)*"|[^\s"']+/g;

/** A text, such as a command line or JSON, whose addresses have no passwords. */
export const withoutPasswords = (text: string): string =>
  text.replace(WORDS, (word) => {
    const quote = /^["']/.exec(word)?.[0] ?? "";
    return quote + withoutPassword(word.slice(quote.length, word.length - quote.length)) + quote;
  });

function unknownVerb(name: string, verbs: Command["verbs"]): CrispError {
  const guess = name.startsWith("-")
    ? undefined
    : nearest(
        name,
        verbs.map((verb) => verb.name),
      );
  const what = name.startsWith("-") ? "expected a verb before the option" : "unknown verb";
  return new CrispError("cli/unknown-verb", `crisp: ${what} ${name}. ${guess ? `Did you mean ${guess}?` : "Try: crisp --help"}`, {
    guess,
  });
}

/** One line for people, one JSON line for programs; the stack, and what caused it, under `--verbose`. */
function describe(error: unknown, json: boolean, verbose: boolean): string {
  const known = error instanceof CrispError;
  const message = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
  const stack = verbose && error instanceof Error ? stackOf(error) : undefined;
  if (json) {
    const details = known ? error.details : undefined;
    return JSON.stringify({ error: { code: known ? error.code : "unexpected", message, details, stack } });
  }
  if (stack) return stack;
  return known ? message : `crisp: unexpected error: ${message}. Run it again with --verbose to see where.`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return (error.stack ?? error.message) + cause;
}
