import { type AttentionPlan, checkPlan, dense } from "../attention/index.ts";
import {
  checkStreamTrainable,
  checkTrainable,
  type DataSummary,
  type Dataset,
  type DatasetOptions,
  type Encoded,
  type StreamedDataset,
  type StreamOptions,
  sameClasses,
  splitDataset,
  summarise,
  summariseStreamed,
} from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import type { ModelFacts } from "../export/index.ts";
import { joined } from "../files/index.ts";
import { classMetrics } from "../metrics/index.ts";
import { withLabels } from "../models/index.ts";
import type { RunResult, RunSpec, StreamedSource } from "../runs/index.ts";
import { classWeightsOf, encodeFor, readsImages, specOf } from "../runs/index.ts";
import { DEFAULT_TASK, tasks } from "../tasks/index.ts";
import { checkSettings, resolveOptions, type TrainingOptions, trainingOptionsIn } from "../training/index.ts";
import type { CrispCard } from "./classifier.ts";
import type { FreshModel } from "./fresh-model.ts";
import { freshStart, type StartModel } from "./start-model.ts";
import { OWN_SETTINGS, type TextTrainResult, type TextTrainSettings, type TrainEvent } from "./train-settings.ts";
import { VERSION } from "./version.ts";

/** Where the examples of a training come from. */
export type DataSources<Source> = Pick<TextTrainSettings<Source>, "data" | "validation" | "test">;

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
  asked: TextTrainSettings<Source> & { readonly model: unknown },
  place: {
    readonly open: () => Promise<StartModel | FreshModel> | FreshModel;
    readonly read: (source: Source, options: DatasetOptions) => Promise<Dataset>;
    /** Training data that are to stay on disk; left out or without an answer, they are read into memory. */
    readonly stream?: (source: Source, options: StreamOptions) => Promise<StreamedTraining | undefined>;
    /** The same sources as images, for an encoder of images; where there is none, they must be in memory. */
    readonly images?: (sources: DataSources<Source>) => Promise<DataSources<Source>>;
  },
): Promise<Prepared> {
  checkSettings("train", asked, OWN_SETTINGS);
  const options = trainingOptionsIn(asked);
  resolveOptions(options);
  const attention = asked.attention ?? dense();
  const plan = "pattern" in attention ? attention : { pattern: attention };
  const opened = await place.open();
  const settings = "images" in opened && opened.images && place.images ? { ...asked, ...(await place.images(asked)) } : asked;
  if ("config" in opened && "source" in opened) checkPlan(plan, opened.config);
  const read = async (source: Source | Dataset, like?: Pick<Dataset, "labels" | "task">): Promise<Dataset> => {
    const task = like ? (like.task ?? DEFAULT_TASK) : settings.task;
    const dataset = isDataset(source) ? source : await place.read(source, { ...settings.columns, task, labels: like?.labels });
    if (like) return sameClasses(dataset, like.labels, like.task);
    const own = dataset.task ?? DEFAULT_TASK;
    if (task !== undefined && own !== task) throw expectedGot("data/columns", dataset.name, `labels of ${task}, as asked`, own);
    return dataset;
  };
  const seed = settings.seed ?? 42;
  const heldOut = settings.validation === undefined ? { seed } : undefined;
  const { data, task } = settings;
  const streamed = isDataset(data) ? undefined : await place.stream?.(data, { ...settings.columns, task, heldOut });
  const prepared = async (parts: Pick<Prepared, "train" | "validation" | "classWeights">) => {
    const split = parts.train;
    const like = "source" in split ? split.dataset : split;
    const model = "kind" in opened ? freshStart(opened, inMemory(split), settings.maxLength) : opened;
    checkPlan(plan, model.config);
    const reported = settings.test === undefined ? parts.validation : await read(settings.test, like);
    const config = withLabels(model.config, like.labels, like.task);
    return { ...model, ...parts, reported, config, plan, options };
  };
  if (streamed) {
    const { labels, counts, task: streamedTask, heldOut: held } = streamed.dataset;
    checkStreamTrainable(streamed.dataset);
    const validation = held ?? (await read(settings.validation!, streamed.dataset));
    const classWeights =
      settings.classWeights &&
      classWeightsOf(
        settings.classWeights,
        { name: streamed.dataset.name, labels, task: streamedTask, examples: [] },
        { counts, rows: streamed.dataset.rows },
      );
    return prepared({ train: streamed, validation, classWeights });
  }
  const all = limited(await read(data), settings.maxTrainSamples);
  checkTrainable(all);
  const given = settings.validation === undefined ? undefined : await read(settings.validation, all);
  const split = given ? { train: all, heldOut: given } : splitDataset({ dataset: all, seed });
  const classWeights = settings.classWeights && classWeightsOf(settings.classWeights, split.train);
  return prepared({ train: split.train, validation: split.heldOut, classWeights });
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

export const isDataset = (source: unknown): source is Dataset =>
  typeof source === "object" && source !== null && "examples" in source && "labels" in source;

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
  const { train, validation, reported, tokenizer, images } = prepared;
  const encodedValidation = encodeFor(prepared, validation);
  const encodedReported = reported === validation ? encodedValidation : encodeFor(prepared, reported);
  const onDisk = "source" in train;
  const encoded = onDisk ? streamedSource(train, prepared) : encodeFor(prepared, train);
  // of images there are no lengths to sum up
  const evaluated = { dataset: reported, ...(!images && { encoded: encodedReported }) };
  const summary = onDisk
    ? summariseStreamed(train.dataset, evaluated)
    : summarise([{ dataset: train, ...(!images && { encoded: encoded as Encoded[] }) }, evaluated]);
  const { columns } = onDisk ? train.dataset : train;
  emit({ type: "data", summary, columns, heldOut: reported.examples.length });

  const plan = specOf(prepared.plan);
  const spec: RunSpec = {
    arm: plan.pattern,
    model: prepared.source,
    task: prepared.config.task,
    labels: prepared.config.labels,
    classWeights: prepared.classWeights,
    glue: settings.glue,
    padTokenId: tokenizer?.padTokenId ?? 0,
    ...(images && { images }),
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
  if (!tokenizer) throw readsImages(source.paths[0], "texts");
  const files = new Map(Array.from(tokenizerFiles, ([name, pieces]) => [name, joined(pieces)]));
  return { ...source, tokenizerFiles: files, maxLength: tokenizer.maxLength };
}

function finished(
  { validation, reported, tokenizer, images, config, options, classWeights }: Prepared,
  spec: RunSpec,
  { record, figures: on, figuresSparsityOff: off, weights, freshParameters, runtime }: RunResult,
  {
    summary,
    columns,
    about,
  }: { readonly summary: DataSummary; readonly columns: Dataset["columns"]; readonly about?: ModelFacts },
  emit: (event: TrainEvent) => void,
): Finished {
  const metrics = { ...on.figures, loss: on.loss };
  const split = reported === validation ? "held out" : "test";
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
    maxLength: tokenizer?.maxLength ?? images!.tokens,
    seed: spec.seed,
    padTokenId: spec.padTokenId,
    columns,
    ...(record.temperature !== null && { temperature: record.temperature }),
    split,
    metrics: figures,
    options: resolveOptions(options),
    ...(classWeights && { classWeights }),
    runtime,
    about: { ...about, rows: { train: summary.splits[0].rows, evaluated: summary.splits[summary.splits.length - 1].rows } },
  };
  emit({ type: "finished", metrics: figures });
  return {
    card,
    weights: weights!,
    metrics,
    primary: on.primary,
    split,
    classes: tasks[config.task].hasOneClass ? classMetrics(record.probabilities, record.labels, config.labels) : null,
    evaluated: {
      dataset: reported,
      probabilities: record.probabilities,
      ...(tasks[config.task].perToken && { encoded: spec.data.reported }),
    },
    majority: summary.majority?.accuracy ?? 0,
    seconds: record.seconds,
    runtime,
    freshParameters,
  };
}
