import { CrispError, expectedGot } from "../errors/index.ts";
import type { CrispCard, Device, PlanSpec, TrainSettings } from "../experiments/index-node.ts";
import type { Output } from "./output.ts";
import { type DATA_OPTIONS, type MODEL_OPTIONS, type PLAN_OPTIONS, TRAINING_OPTIONS } from "./training-options.ts";
import { apiName, type OptionValues } from "./verb.ts";

/** Training options as the engine takes them: what stands in the option table but is no setting of the training itself is left out. */
export function trainingOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const outside = new Set(["seed", "outputDir", "overwriteOutputDir", "resumeFromCheckpoint"]);
  const names = Object.keys(TRAINING_OPTIONS)
    .map(apiName)
    .filter((name) => !outside.has(name));
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}

/** The training file: the positional argument or `--train_file`. */
export function trainFile(where: string, positional: string | undefined, option: string | undefined): string {
  if (positional !== undefined && option !== undefined && positional !== option) {
    throw expectedGot("cli/bad-option", where, "one training file", `${positional} and --train_file ${option}`);
  }
  const file = positional ?? option;
  if (file !== undefined) return file;
  throw expectedGot(
    "cli/missing-argument",
    where,
    "a file of labelled texts",
    "none",
    `Example: ${where} tickets.csv --model DIR`,
  );
}

export function columnOptions(options: OptionValues<Pick<typeof DATA_OPTIONS, "text_column_name" | "label_column_name">>) {
  const [textColumn, pairColumn] = options.textColumnName ?? [];
  return { textColumn, pairColumn, labelColumn: options.labelColumnName } satisfies TrainSettings["columns"];
}

/**
 * Read a file by the columns that were named, else by those of the training file, else, where it lacks them, by guessing.
 *
 * @param read - Reads it; `data/columns` says that a column is missing.
 */
export async function asTrained<Read>(
  named: NonNullable<TrainSettings["columns"]>,
  { columns }: Pick<CrispCard, "columns">,
  read: (columns: NonNullable<TrainSettings["columns"]>) => Promise<Read>,
): Promise<Read> {
  if (!columns || Object.values(named).some((name) => name !== undefined)) return read(named);
  try {
    return await read({ textColumn: columns.text, pairColumn: columns.pair, labelColumn: columns.label });
  } catch (error) {
    if (!(error instanceof CrispError && error.code === "data/columns")) throw error;
    return read(named);
  }
}

/** `balanced`, or one number a class. */
export function classWeights(given: readonly string[] | undefined): "balanced" | readonly number[] | undefined {
  if (given === undefined) return undefined;
  if (given.length === 1 && given[0] === "balanced") return "balanced";
  return given.map((text) => {
    const weight = Number(text);
    if (text.trim() !== "" && weight > 0 && weight < Infinity) return weight;
    throw expectedGot("cli/bad-option", "--class_weights", "balanced, or numbers above 0", text);
  });
}

export function planOptions(options: OptionValues<typeof PLAN_OPTIONS>): Omit<PlanSpec, "pattern"> {
  return {
    ...(options.attentionLayers && { layers: options.attentionLayers }),
    ...(options.attentionHeads && { heads: options.attentionHeads }),
    ...(options.sparsityRampSteps !== undefined && { rampSteps: options.sparsityRampSteps }),
  };
}

/** The model folder, which has no default until models can be fetched by name. */
export function modelFolder(where: string, options: OptionValues<Pick<typeof MODEL_OPTIONS, "model_name_or_path">>): string {
  if (options.modelNameOrPath !== undefined) return options.modelNameOrPath;
  throw expectedGot(
    "cli/missing-argument",
    where,
    "a Hugging Face model folder (config.json, model.safetensors, tokenizer.json)",
    "none",
    "Give one with --model FOLDER, for example a clone of distilbert/distilbert-base-uncased.",
  );
}

/** One line for a device that was asked for; what `auto` takes is said by whoever settles it. */
export function sayAsked(output: Pick<Output, "note">, device?: Device): void {
  if (device !== undefined && device !== "auto") output.note(`device: ${device}, as asked`);
}
