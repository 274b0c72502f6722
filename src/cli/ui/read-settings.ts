import { dirname, join } from "node:path";
import { resolveOptions } from "../../training/index.ts";
import { type KeptCommand, keptCommand } from "../kept-command.ts";
import { parseArguments } from "../parse-arguments.ts";
import { typedAs } from "../run-command.ts";
import { pretrain } from "../verbs/pretrain.ts";
import { train } from "../verbs/train.ts";
import { type RunPlace, readJsonFile, studyIn } from "./read-run.ts";
import { isPlain } from "./root.ts";

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

export async function readSettings(place: RunPlace): Promise<RunSettings> {
  return place.study ? ofStudyRun(place, place.study) : ofTraining(place, place.folder!);
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
    figures: Object.fromEntries(Object.entries(fields(card.metrics)).filter(([, value]) => typeof value === "number")) as Record<
      string,
      number
    >,
  };
}

async function ofStudyRun({ name }: RunPlace, { folder }: NonNullable<RunPlace["study"]>): Promise<RunSettings> {
  const { study, corpus, options, command } = studyIn(folder);
  const at = name.lastIndexOf(".seed-");
  const values = { study, corpus, arm: name.slice(0, at), seed: name.slice(at + ".seed-".length), ...options };
  return { command, values: asTexts(values), maxGradNorm: clip(options), figures: {} };
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
const prefixed = (prefix: string, from: Fields): Fields =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [`${prefix} ${name}`, value]));

const LONGEST = 300;
/** Passwords of addresses stay out of pages; what was left out has no line. */
const asTexts = (values: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, string][] => {
      if (value === undefined || value === null || /token|password|secret/i.test(name)) return [];
      const text = typeof value === "object" ? JSON.stringify(value) : String(value);
      return [[name, text.replace(/(:\/\/[^:@/?"]*):[^@/"]*@/g, "$1@").slice(0, LONGEST)]];
    }),
  );
