import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../api/index.ts";
import { expectedGot } from "../errors/index.ts";
import { jsonBytes, writeAtomically } from "../files/index-node.ts";
import { COMMON_OPTIONS, parseArguments } from "./parse-arguments.ts";
import type { ParsedArguments, Verb } from "./verb.ts";

/** Beside the checkpoints of a run: the command that started it, so that it is continued without being typed again. */
const COMMAND_FILE = "command.json";

export interface KeptCommand {
  readonly crisp: string;
  /** Where it was typed: its paths may be relative. */
  readonly folder: string;
  /** The verb, and what followed it. */
  readonly command: readonly string[];
}

/** These say where a run goes or how it is shown, and are those of the command that is typed. */
const OWN = new Set([...Object.keys(COMMON_OPTIONS), "outputDir", "overwriteOutputDir", "resumeFromCheckpoint"]);

/** Keep a command in a folder of checkpoints, which is made, unless it has one: a run that continues is still the one that was started. */
export function keepCommand(place: string, command: readonly string[]): void {
  const path = join(place, COMMAND_FILE);
  const kept: KeptCommand = { crisp: VERSION, folder: process.cwd(), command };
  mkdirSync(place, { recursive: true });
  if (!isThere(path)) writeAtomically(path, [jsonBytes(kept)]);
}

/** @throws `file/not-own` where somebody else's file has its name. */
export function checkKeptCommand(place: string): void {
  const path = join(place, COMMAND_FILE);
  if (isThere(path)) read(path);
}

/** The command that a folder of checkpoints keeps; undefined where it keeps none that Crisp wrote. */
export function keptCommand(place: string): KeptCommand | undefined {
  try {
    return read(join(place, COMMAND_FILE));
  } catch {
    return undefined;
  }
}

/** Remove a command that was kept; somebody else's file of its name stays. */
export function removeKeptCommand(place: string): void {
  try {
    checkKeptCommand(place);
  } catch {
    return;
  }
  rmSync(join(place, COMMAND_FILE), { force: true });
}

/** Whether a file in a folder of checkpoints has the name of a kept command. */
export const isKeptCommand = (name: string): boolean => name === COMMAND_FILE;

/**
 * What was typed to continue a run, with what the run was started with in place of all that was left out.
 *
 * What is typed counts; the checkpoint refuses what would change the run.
 *
 * @param place - The run's folder of checkpoints; where it keeps no command, what was typed must be the whole one.
 * @param onNote - Told where relative paths may mean other files.
 * @throws `cli/no-command` where nothing was kept, and nothing typed; `cli/bad-option` for the run of another verb; `file/not-own`; as `parseArguments` for options that are no more.
 */
export function continued(
  place: string,
  { name, options: table, positionals: wanted = [], foreign }: Pick<Verb, "name" | "options" | "positionals" | "foreign">,
  typed: ParsedArguments,
  onNote: (text: string) => void,
): ParsedArguments {
  const path = join(place, COMMAND_FILE);
  if (!existsSync(path)) {
    if (typed.positionals.length > 0 || [...typed.given].some((option) => !OWN.has(option))) return typed;
    const hint = `Type the whole command that started it, and --resume_from_checkpoint.`;
    throw expectedGot("cli/no-command", path, "the command that started the run", "no such file", hint);
  }
  const { folder, command } = read(path);
  const [verb, ...argv] = command;
  if (verb !== name) {
    const hint = `Continue it by: crisp ${verb} --resume_from_checkpoint FOLDER`;
    throw expectedGot("cli/bad-option", `crisp ${name} --resume_from_checkpoint`, `a run of crisp ${name}`, verb, hint);
  }
  if (folder !== process.cwd()) onNote(`the run was started in ${folder}; relative paths are now read from here`);
  const started = parseArguments(path, argv, table, wanted, foreign);
  const kept = [...started.given].filter((option) => !OWN.has(option) && !typed.given.has(option));
  return {
    options: { ...typed.options, ...Object.fromEntries(kept.map((option) => [option, started.options[option]])) },
    given: new Set([...typed.given, ...kept]),
    positionals: typed.positionals.length > 0 ? typed.positionals : started.positionals,
    startedBy: command,
  };
}

/** Links that lead nowhere, too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function read(path: string): KeptCommand {
  let found: Partial<KeptCommand> | null = null;
  try {
    // Crisp makes no links
    if (lstatSync(path).isFile()) found = JSON.parse(readFileSync(path, "utf8")) as Partial<KeptCommand> | null;
  } catch {
    // said below
  }
  const words = found?.command;
  if (
    typeof found?.crisp === "string" &&
    typeof found.folder === "string" &&
    Array.isArray(words) &&
    words.every((word) => typeof word === "string")
  )
    return found as KeptCommand;
  const hint = "Move it away; a run is then continued by its whole command and --resume_from_checkpoint.";
  throw expectedGot("file/not-own", path, "no file, or the command of a run", "one that Crisp did not write", hint);
}
