import { dirname, join } from "node:path";
import type { RunKey, StudyHeader } from "../../studies/index.ts";
import { resolveOptions } from "../../training/index.ts";
import { type KeptCommand, keptCommand } from "../kept-command.ts";
import { parseArguments } from "../parse-arguments.ts";
import { typedAs, withoutPasswords } from "../run-command.ts";
import { pretrain } from "../verbs/pretrain.ts";
import { train } from "../verbs/train.ts";
import { type RunPlace, readJsonFile, studyIn } from "./read-run.ts";
import { isPlain } from "./root.ts";
import type { ReadResult } from "./runs/study-result.ts";
import { asTexts } from "./shown-values.ts";
import { keyOf } from "./studies/study-source.ts";

/** What a run followed from, as far as its files say. */
export interface RunSettings {
  /** As it may be shown: without passwords. */
  readonly command?: string;
  /** Of a training that kept it. */
  readonly kept?: KeptCommand;
  /** By name, as text: options that were given, and what a finished model's card says beside them. */
  readonly values: Readonly<Record<string, string>>;
  /** Gradient norms are clipped to this; 0: not at all. */
  readonly maxGradNorm: number;
  /** Figures of a finished model, sparsity on and off, by name. */
  readonly figures: Readonly<Record<string, number>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** @param result - Of a study's run that is done. */
export async function readSettings(place: RunPlace, result?: ReadResult): Promise<RunSettings> {
  if (!place.study) return ofTraining(place, place.folder!);
  return settingsOfStudyRun(studyIn(place.study.folder), keyOf(place.name), result);
}

async function ofTraining({ log }: RunPlace, folder: string): Promise<RunSettings> {
  const kept = isPlain(dirname(log)) ? keptCommand(dirname(log)) : undefined;
  const card = fields(readJsonFile(join(folder, "crisp.json")));
  const typed = kept ? typedOptions(kept.command) : {};
  const options: Fields = { ...typed, ...fields(card.options) };
  const values = {
    ...options,
    ...prefixed("attention", fields(card.attention)),
    ...pick(card, ["task", "maxLength", "seed", "split", "crisp"]),
    ...prefixed("recipe", fields(card.recipe)),
    ...prefixed("data", pick(fields(card.about), ["baseModel", "startModel", "datasets", "files"])),
  };
  return {
    ...(kept && { command: typedAs(kept.command), kept }),
    values: asTexts(values),
    maxGradNorm: clip(options),
    figures: numbers(fields(card.metrics)),
  };
}

/** Of a run by its study's command and options, and its result once it is done. */
export function settingsOfStudyRun(
  { study, corpus, options, command }: Pick<StudyHeader, "study" | "corpus" | "options" | "command">,
  { arm, seed }: RunKey,
  { record, figures, figuresSparsityOff: off, runtime }: ReadResult = {},
): RunSettings {
  const values = { study, corpus, arm, seed, ...options, ...prefixed("runtime", fields(runtime)) };
  const offFigures = Object.entries({ ...off?.figures, loss: off?.loss });
  return {
    command: withoutPasswords(command),
    values: asTexts(values),
    maxGradNorm: clip(options),
    figures: numbers({
      ...{ ...figures?.figures, loss: figures?.loss },
      ...Object.fromEntries(offFigures.map(([name, value]) => [`${name}SparsityOff`, value])),
      ...pick(fields(record), ["effectiveSparsity", "trainLoss"]),
    }),
  };
}

/** Verbs whose commands are kept beside checkpoints. */
const KEPT = [train, pretrain] as const;

/** The options of a command that were typed; none of one that this version does not understand. */
function typedOptions([verb, ...argv]: readonly string[]): Fields {
  try {
    const { options, positionals, foreign } = KEPT.find(({ name }) => name === verb)!;
    const parsed = parseArguments(`crisp ${verb}`, argv, options, positionals, foreign);
    const given = Object.entries(parsed.options).filter(([name]) => parsed.given.has(name));
    return { ...(parsed.positionals.length > 0 && { data: parsed.positionals.join(" ") }), ...Object.fromEntries(given) };
  } catch {
    return {};
  }
}

const clip = ({ maxGradNorm }: Fields): number =>
  typeof maxGradNorm === "number" ? maxGradNorm : resolveOptions({}).maxGradNorm;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const pick = (from: Fields, names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, from[name]]));
const numbers = (from: Fields): Record<string, number> =>
  Object.fromEntries(Object.entries(from).filter((each): each is [string, number] => typeof each[1] === "number"));
const prefixed = (prefix: string, from: Fields): Fields =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [`${prefix} ${name}`, value]));
