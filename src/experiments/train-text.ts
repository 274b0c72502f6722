import {
  checkStreamTrainable,
  checkTrainable,
  createTokenizer,
  type DataSummary,
  type Dataset,
  type DatasetOptions,
  type Encoded,
  encodeDataset,
  type LabelTask,
  readTokenizerJson,
  type StreamedDataset,
  type StreamOptions,
  splitDataset,
  summarise,
  summariseStreamed,
  type Tokenizer,
} from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import type { ModelFacts } from "../export/index.ts";
import type { GlueTask } from "../metrics/index.ts";
import { type EncoderConfig, parseEncoderConfig, storedModel, withLabels } from "../models/index.ts";
import { type AttentionPlan, checkPlan, dense, type Pattern } from "../sparsity/index.ts";
import { resolveOptions, type TrainingOptions } from "../training/index.ts";
import { type ClassMetrics, classMetrics } from "./class-metrics.ts";
import { classWeightsOf } from "./class-weights.ts";
import { type CrispCard, type NamedFiles, tokenizerFilesOf } from "./classifier.ts";
import { type FreshModel, prepareFreshModel } from "./fresh-model.ts";
import { joined } from "./model-files.ts";
import { specOf } from "./plan-of.ts";
import type { Device, ModelSource, RunEvent, RunResult, RunSpec, StreamedSource } from "./run-spec.ts";
import { sameClasses } from "./same-classes.ts";
import { VERSION } from "./version.ts";

/** Settings of a training that are the same everywhere; training options have Hugging Face's names in camelCase. */
export interface TextTrainSettings<Source> extends Partial<TrainingOptions> {
  /** TSV, CSV, JSONL (gzip of each) or Parquet, or examples in memory. */
  readonly data: Source | Dataset;
  /** Evaluated during training; left out, a tenth of `data` is held out: seeded, stratified, grouped by shared text. */
  readonly validation?: Source | Dataset;
  /** Evaluated once, at the end; left out, the validation split. */
  readonly test?: Source | Dataset;
  /** What the labels are; left out, as the data has them: lists are several classes, or tags of words. */
  readonly task?: LabelTask;
  /** Factor of each class in the loss, by class index; `balanced`: N / (C · examples of the class), so that rare classes count alike. */
  readonly classWeights?: "balanced" | readonly number[];
  /** Evaluate by the figures of a GLUE task too, which then choose the best model. */
  readonly glue?: GlueTask;
  /** Default `dense()`. */
  readonly attention?: Pattern | AttentionPlan;
  readonly columns?: Pick<DatasetOptions, "textColumn" | "pairColumn" | "labelColumn">;
  /** Most tokens a text, special tokens included; default 128. */
  readonly maxLength?: number;
  /** At most so many of the first training examples. */
  readonly maxTrainSamples?: number;
  /** Of new weights, data order and dropout; default 42. */
  readonly seed?: number;
  /** What the model card says of the start model, the data and the licence. */
  readonly about?: ModelFacts;
  /** What computes. */
  readonly device?: Device;
  readonly threads?: number;
}

/** What happens, in order: `data` once, then what the run says, then `finished`. */
export type TrainEvent =
  | { readonly type: "data"; readonly summary: DataSummary; readonly columns: Dataset["columns"]; readonly heldOut: number }
  | RunEvent
  | { readonly type: "finished"; readonly metrics: Readonly<Record<string, number>> };

/** What a training leaves. */
export interface TextTrainResult {
  /** Figures on the reported split by name, and `loss`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Name of the figure that counts. */
  readonly primary: string;
  /** Class by class; null for tasks that do not give each example one class. */
  readonly classes: ClassMetrics | null;
  /** The examples behind `metrics`, and what the model said of each. */
  readonly evaluated: {
    readonly dataset: Dataset;
    readonly probabilities: readonly (readonly number[])[];
    /** In tokens, for token classification. */
    readonly encoded?: readonly Encoded[];
  };
  /** Majority-class accuracy on the same examples; 0 for other tasks. */
  readonly majority: number;
  readonly seconds: number;
  readonly freshParameters: readonly string[];
}

/** Names of the settings that are no training options. */
const OWN = [
  "data",
  "validation",
  "test",
  "model",
  "attention",
  "task",
  "classWeights",
  "glue",
  "columns",
  "maxLength",
  "maxTrainSamples",
  "checkpoints",
  "signal",
  "streaming",
  "revision",
  "onDownload",
  "name",
  "about",
  "device",
  "threads",
  "seed",
];

/** A model to start from: its configuration and tokenizer, and where a run finds it. */
export interface StartModel {
  readonly source: ModelSource;
  readonly config: EncoderConfig;
  readonly tokenizer: Tokenizer;
  readonly tokenizerFiles: NamedFiles;
}

/** Training examples that stay on disk: the facts of their index, and how a run opens them again. */
export interface StreamedTraining {
  readonly dataset: StreamedDataset;
  readonly source: Pick<StreamedSource, "paths" | "options">;
}

/** Everything read and checked before anything is trained. */
export interface Prepared extends StartModel {
  readonly train: Dataset | StreamedTraining;
  readonly validation: Dataset;
  readonly reported: Dataset;
  readonly plan: AttentionPlan;
  readonly options: Partial<TrainingOptions>;
  readonly classWeights?: readonly number[];
}

/**
 * Read and check everything before anything is trained.
 *
 * @param place.open - The model, if it is a stored one: before the data, so that a wrong folder is found at once.
 * @param place.read - A source of examples.
 * @throws Whatever reading the data or the model throws; `pattern/bad-plan`, `training/…`.
 */
export async function prepareTraining<Source>(
  settings: TextTrainSettings<Source> & { readonly model: unknown },
  place: {
    readonly open: () => Promise<StartModel | FreshModel> | FreshModel;
    readonly read: (source: Source, options: DatasetOptions) => Promise<Dataset>;
    /** Training data that are to stay on disk; left out or without an answer, they are read into memory. */
    readonly stream?: (source: Source, options: StreamOptions) => Promise<StreamedTraining | undefined>;
  },
): Promise<Prepared> {
  const options = Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.includes(name)));
  resolveOptions(options);
  const attention = settings.attention ?? dense();
  const plan = "pattern" in attention ? attention : { pattern: attention };
  const opened = await place.open();
  if ("config" in opened && "source" in opened) checkPlan(plan, opened.config);
  const read = async (source: Source | Dataset, labels?: readonly string[]): Promise<Dataset> => {
    const dataset = isDataset(source) ? source : await place.read(source, { ...settings.columns, task: settings.task, labels });
    return labels ? sameClasses(dataset, labels) : dataset;
  };
  const seed = settings.seed ?? 42;
  const heldOut = settings.validation === undefined ? { seed } : undefined;
  const { data, task } = settings;
  const streamed = isDataset(data) ? undefined : await place.stream?.(data, { ...settings.columns, task, heldOut });
  const prepared = async (parts: Pick<Prepared, "train" | "validation" | "classWeights">, labels: readonly string[]) => {
    const split = parts.train;
    const model = "kind" in opened ? freshStart(opened, inMemory(split), settings.maxLength) : opened;
    checkPlan(plan, model.config);
    const reported = settings.test === undefined ? parts.validation : await read(settings.test, labels);
    const config = withLabels(model.config, labels, ("source" in split ? split.dataset : split).task);
    return { ...model, ...parts, reported, config, plan, options };
  };
  if (streamed) {
    const { labels, counts, task: streamedTask, heldOut: held } = streamed.dataset;
    checkStreamTrainable(streamed.dataset);
    const validation = held ?? (await read(settings.validation!, labels));
    const classWeights =
      settings.classWeights && classWeightsOf(settings.classWeights, { ...validation, labels, task: streamedTask }, counts);
    return prepared({ train: streamed, validation, classWeights }, labels);
  }
  const all = limited(await read(data), settings.maxTrainSamples);
  checkTrainable(all);
  const given = settings.validation === undefined ? undefined : await read(settings.validation, all.labels);
  const split = given ? { train: all, heldOut: given } : splitDataset({ dataset: all, seed });
  const classWeights = settings.classWeights && classWeightsOf(settings.classWeights, split.train);
  return prepared({ train: split.train, validation: split.heldOut, classWeights }, all.labels);
}

/** A vocabulary is made from texts that are all at hand. */
function inMemory(train: Prepared["train"]): Dataset {
  if (!("source" in train)) return train;
  const hint = "Start from a model folder, or train on a smaller file.";
  throw expectedGot(
    "data/too-large",
    train.dataset.name,
    "data in memory for an encoder trained from nothing",
    "data on disk",
    hint,
  );
}

const isDataset = (source: unknown): source is Dataset =>
  typeof source === "object" && source !== null && "examples" in source && "labels" in source;

function freshStart(model: FreshModel, train: Dataset, maxLength?: number): StartModel {
  const { config, tokenizerFiles, ...tokenizer } = prepareFreshModel(model, train);
  const parsed = parseEncoderConfig(config);
  return {
    source: { kind: "fresh", config },
    config: parsed,
    tokenizer: createTokenizer({ ...tokenizer, maxLength: Math.min(maxLength ?? MAX_LENGTH, parsed.maxPositions) }),
    tokenizerFiles,
  };
}

const MAX_LENGTH = 128;

/**
 * Start from the files of a model folder, by name; texts are cut to what the model takes.
 *
 * @param where - The folder, for messages.
 * @param source - Left out, the files themselves go to the run.
 * @throws `model/tokenizer` when the tokenizer has ids that the model lacks; what loading either throws.
 */
export function startFromFiles(
  files: ReadonlyMap<string, Uint8Array>,
  {
    where,
    maxLength = MAX_LENGTH,
    source,
  }: { readonly where: string; readonly maxLength?: number; readonly source?: ModelSource },
): StartModel {
  const { config } = storedModel(files, where);
  const tokenizer = createTokenizer({
    ...readTokenizerJson(files, where),
    maxLength: Math.min(maxLength, config.maxPositions),
  });
  if (tokenizer.vocabularySize > config.vocabSize) {
    const rule = `a tokenizer of at most ${config.vocabSize} ids, the model's vocabulary`;
    throw expectedGot("model/tokenizer", where, rule, tokenizer.vocabularySize, "Take both from one model.");
  }
  return { source: source ?? { kind: "files", files }, config, tokenizer, tokenizerFiles: tokenizerFilesOf(files) };
}

/** The first `most` examples, as transformers' `--max_train_samples` takes them. */
export const limited = (dataset: Dataset, most?: number): Dataset =>
  most === undefined ? dataset : { ...dataset, examples: dataset.examples.slice(0, most) };

/** What a finished training hands over, beside its result. */
export interface Finished extends TextTrainResult {
  readonly card: CrispCard;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/**
 * Train what was prepared.
 *
 * @param run - Executes the run, here or in a worker.
 * @returns Null when it was stopped.
 */
export async function trainPrepared(
  prepared: Prepared,
  settings: Pick<TextTrainSettings<unknown>, "seed" | "device" | "threads" | "glue" | "about"> & {
    readonly checkpoints?: string;
  },
  run: (spec: RunSpec) => Promise<RunResult | null>,
  emit: (event: TrainEvent) => void,
): Promise<Finished | null> {
  const { train, validation, reported, tokenizer } = prepared;
  const encodedValidation = encodeDataset(tokenizer, validation);
  const encodedReported = reported === validation ? encodedValidation : encodeDataset(tokenizer, reported);
  const evaluated = { dataset: reported, encoded: encodedReported };
  const onDisk = "source" in train;
  const encoded = onDisk ? streamedSource(train, prepared) : encodeDataset(tokenizer, train);
  const summary = onDisk
    ? summariseStreamed(train.dataset, evaluated)
    : summarise([{ dataset: train, encoded: encoded as Encoded[] }, evaluated]);
  const { columns } = onDisk ? train.dataset : train;
  emit({ type: "data", summary, columns, heldOut: reported.examples.length });

  const plan = specOf(prepared.plan);
  const spec: RunSpec = {
    configuration: plan.pattern,
    model: prepared.source,
    task: prepared.config.task,
    labels: prepared.config.labels,
    classWeights: prepared.classWeights,
    glue: settings.glue,
    padTokenId: tokenizer.padTokenId,
    plan,
    data: { train: encoded, selection: encodedValidation, reported: encodedReported },
    options: prepared.options,
    seed: settings.seed ?? 42,
    checkpoints: settings.checkpoints,
    keepWeights: true,
    device: settings.device,
    threads: settings.threads,
    estimate: true,
  };
  const outcome = await run(spec);
  return outcome && finished(prepared, spec, outcome, { summary, columns, about: settings.about }, emit);
}

function streamedSource({ source }: StreamedTraining, { tokenizer, tokenizerFiles }: Prepared): StreamedSource {
  const files = new Map(Array.from(tokenizerFiles, ([name, pieces]) => [name, joined(pieces)]));
  return { ...source, tokenizerFiles: files, maxLength: tokenizer.maxLength };
}

function finished(
  { reported, tokenizer, config }: Prepared,
  spec: RunSpec,
  { record, figures: on, figuresSparsityOff: off, weights, freshParameters }: RunResult,
  {
    summary,
    columns,
    about,
  }: { readonly summary: DataSummary; readonly columns: Dataset["columns"]; readonly about?: ModelFacts },
  emit: (event: TrainEvent) => void,
): Finished {
  const metrics = { ...on.figures, loss: on.loss };
  const figures = {
    ...metrics,
    ...Object.fromEntries(Object.entries(off.figures).map(([name, value]) => [`${name}SparsityOff`, value])),
    lossSparsityOff: off.loss,
    effectiveSparsity: record.effectiveSparsity,
    trainLoss: record.trainLoss,
    seconds: record.seconds,
  };
  const card: CrispCard = {
    crisp: VERSION,
    task: config.task,
    ...(spec.glue && { glue: spec.glue }),
    attention: spec.plan,
    maxLength: tokenizer.maxLength,
    seed: spec.seed,
    padTokenId: tokenizer.padTokenId,
    columns,
    metrics: figures,
    options: spec.options as Readonly<Record<string, unknown>>,
    about: { ...about, rows: { train: summary.splits[0].rows, evaluated: summary.splits[summary.splits.length - 1].rows } },
  };
  emit({ type: "finished", metrics: figures });
  return {
    card,
    weights: weights!,
    metrics,
    primary: on.primary,
    classes:
      config.task === "single_label_classification" ? classMetrics(record.probabilities, record.labels, config.labels) : null,
    evaluated: {
      dataset: reported,
      probabilities: record.probabilities,
      ...(config.task === "token_classification" && { encoded: spec.data.reported }),
    },
    majority: summary.majority?.accuracy ?? 0,
    seconds: record.seconds,
    freshParameters,
  };
}
