import { basename, join, resolve } from "node:path";
import { type FetchListener, type HubData, hubData, hubEvaluationData, type TrainSettings } from "../api/index-node.ts";
import { isSoftmax } from "../attention/index.ts";
import type { DatasetOptions, EncodingName } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import type { Device, PlanSpec } from "../runs/index.ts";
import type { TrackingSettings } from "../trackers/index-node.ts";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";
import type { OptionValues } from "./verb.ts";
import type { DATA_OPTIONS, MODEL_OPTIONS, PLAN_OPTIONS, READING_OPTIONS } from "./verbs/training-options.ts";

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

export function columnOptions(
  options: Partial<OptionValues<Pick<typeof DATA_OPTIONS, "text_column_name" | "label_column_name">>>,
) {
  const [textColumn, pairColumn] = options.textColumnName ?? [];
  return { textColumn, pairColumn, labelColumn: options.labelColumnName } satisfies TrainSettings["columns"];
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
    ...(!isSoftmax(options.attentionNormaliser) && { normaliser: options.attentionNormaliser }),
    ...(options.attentionDropoutType !== "standard" && { dropout: options.attentionDropoutType }),
    ...(options.attentionCore !== "auto" && { core: options.attentionCore }),
    ...(options.sparsityRampSteps !== undefined && { rampSteps: options.sparsityRampSteps }),
  };
}

/** The model folder or name; there is no default, as no encoder is right for every language and machine. */
export function modelName(where: string, options: OptionValues<Pick<typeof MODEL_OPTIONS, "model_name_or_path">>): string {
  if (options.modelNameOrPath !== undefined) return options.modelNameOrPath;
  throw expectedGot(
    "cli/missing-argument",
    where,
    "a Hugging Face model folder, or the name of a model on the Hub",
    "none",
    "For example --model distilbert/distilbert-base-uncased.",
  );
}

/** Downloads as progress bars, one a file, and remarks. */
export function fetchListener(output: Pick<Output, "note" | "progress">): FetchListener {
  let current: { readonly file: string; readonly bar: Progress } | undefined;
  const kilobytes = (bytes: number): number => Math.ceil(bytes / 1000);
  return {
    onNote: (text) => output.note(text),
    onProgress({ file, bytes, totalBytes }) {
      if (current?.file !== file) current = { file, bar: output.progress(`fetching ${file} (kB)`, kilobytes(totalBytes)) };
      current.bar.update(kilobytes(bytes));
      if (bytes >= totalBytes) current.bar.finish();
    },
  };
}

/** Data by file or by name: what is trained on, and what else a data set of the Hub says. */
export async function trainingData(
  where: string,
  positional: string | undefined,
  options: Partial<OptionValues<typeof DATA_OPTIONS>>,
  listener: FetchListener & { readonly signal?: AbortSignal },
): Promise<HubData> {
  const { datasetName: named, trainFile: file, validationFile: validation, testFile: test } = options;
  if (named === undefined) {
    const data = trainFile(where, positional, file);
    return { data: [data], name: data, ...(validation && { validation: [validation] }), ...(test && { test: [test] }) };
  }
  const own = positional ?? file;
  if (own !== undefined)
    throw expectedGot("cli/bad-option", where, "a file or --dataset_name", `${own} and --dataset_name ${named}`);
  const { datasetConfigName: config, datasetRevision: revision } = options;
  const data = await hubData(named, { ...listener, config, revision, columns: columnOptions(options) });
  return { ...data, ...(validation && { validation: [validation] }), ...(test && { test: [test] }) };
}

/** A file to evaluate on, or the validation split of a data set on the Hub, else its test split. */
export async function evaluationData(
  file: string | undefined,
  { datasetName, datasetConfigName: config, datasetRevision: revision }: Partial<OptionValues<typeof DATA_OPTIONS>>,
  listener: FetchListener,
): Promise<Pick<HubData, "data" | "name">> {
  const where = "crisp eval";
  if (file !== undefined && datasetName !== undefined)
    throw expectedGot("cli/bad-option", where, "a file or --dataset_name", `${file} and --dataset_name ${datasetName}`);
  if (file !== undefined) return { data: [file], name: file };
  if (datasetName === undefined)
    throw expectedGot("cli/missing-argument", where, "a file of labelled texts", "none", `Example: ${where} MODEL test.csv`);
  return hubEvaluationData(datasetName, { ...listener, config, revision });
}

/** One line for a device that was asked for; what `auto` takes is said by whoever settles it. */
export function sayAsked(output: Pick<Output, "note">, device?: Device): void {
  if (device !== undefined && device !== "auto") output.note(`device: ${device}, as asked`);
}

/** How tables are read; what is guessed or left out is said, once for each file. */
export function readingOptions(
  { encoding, skipBadRows }: Partial<OptionValues<typeof READING_OPTIONS>>,
  output: Pick<Output, "note">,
): Pick<DatasetOptions, "encoding" | "skipBadRows" | "onNote"> {
  const said = new Set<string>();
  const onNote = (text: string): void => {
    if (!said.has(text)) output.note(text);
    said.add(text);
  };
  return { encoding: encoding as EncodingName | undefined, skipBadRows, onNote };
}

/** In an output folder. */
export const EVENT_FILES = "tensorboard";

/** What the API takes for trackers; TensorBoard's files lie in the output folder unless told otherwise. */
export const trackingSettings = ({ reportTo, loggingDir, runName }: TrackingSettings, folder: string): TrackingSettings => ({
  reportTo,
  loggingDir: loggingDir ?? join(folder, EVENT_FILES),
  runName: runName ?? basename(resolve(folder)),
});
