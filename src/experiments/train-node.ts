import { readFileSync } from "node:fs";
import {
  checkTrainable,
  type DataSummary,
  type Dataset,
  type DatasetOptions,
  encodeDataset,
  loadDataset,
  loadTokenizer,
  splitDataset,
  summarise,
  type Tokenizer,
} from "../data/index-node.ts";
import { expectedGot } from "../errors/index.ts";
import { withLabels } from "../models/index.ts";
import { loadModelFolder } from "../models/index-node.ts";
import { permutation } from "../random/index.ts";
import { type AttentionPlan, checkPlan, dense, type Pattern } from "../sparsity/index.ts";
import { type Chunks, resolveOptions, type TrainingOptions } from "../training/index-node.ts";
import { type ClassMetrics, classMetrics } from "./class-metrics.ts";
import { Classifier, type CrispCard, readTokenizerFiles } from "./classifier-node.ts";
import { specOf } from "./plan-of.ts";
import type { RunEvent, RunResult, RunSpec } from "./run-spec.ts";
import { startRunWorker } from "./run-worker-node.ts";
import { sameClasses } from "./same-classes.ts";
import { accuracy, negativeLogLikelihood } from "./statistics/index.ts";

/** Settings of {@link train}; training options have Hugging Face's names in camelCase. */
export interface TrainSettings extends Partial<TrainingOptions> {
  /** A TSV, CSV or JSONL file (gzip of each), or examples in memory. */
  readonly data: string | Dataset;
  /** Evaluated during training; left out, a tenth of `data` is held out: seeded, stratified, grouped by shared text. */
  readonly validation?: string | Dataset;
  /** Evaluated once, at the end; left out, the validation split. */
  readonly test?: string | Dataset;
  /** A Hugging Face model folder: config.json, model.safetensors, tokenizer.json. */
  readonly model: string;
  /** Default `dense()`. */
  readonly attention?: Pattern | AttentionPlan;
  readonly columns?: Pick<DatasetOptions, "textColumn" | "pairColumn" | "labelColumn">;
  /** Most tokens a text, special tokens included; default 128. */
  readonly maxLength?: number;
  /** At most so many of the first training examples. */
  readonly maxTrainSamples?: number;
  /** Of new weights, data order and dropout; default 42. */
  readonly seed?: number;
  /** Folder for checkpoints; left out, none are written. */
  readonly checkpoints?: string;
  readonly signal?: AbortSignal;
  readonly threads?: number;
}

/** What happens, in order: `data` once, then what the run says, then `finished`. */
export type TrainEvent =
  | { readonly type: "data"; readonly summary: DataSummary; readonly columns: Dataset["columns"]; readonly heldOut: number }
  | RunEvent
  | { readonly type: "finished"; readonly metrics: Readonly<Record<string, number>> };

export interface TrainResult {
  readonly model: Classifier;
  readonly metrics: ClassMetrics;
  /** The examples behind `metrics`, and what the model said of each. */
  readonly evaluated: { readonly dataset: Dataset; readonly probabilities: readonly (readonly number[])[] };
  /** Majority-class accuracy on the same examples. */
  readonly majority: number;
  readonly seconds: number;
  readonly freshParameters: readonly string[];
}

/** Events as they come, and the result; null when the signal stopped it. */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  readonly result: Promise<TrainResult | null>;
}

/**
 * Fine-tune a classifier in a worker thread.
 *
 * @returns Events to iterate over, and `result`. Either may be ignored.
 * @throws Through both: whatever reading the data, the model or training throws.
 * @example
 * const run = train({ data: "tickets.csv", model: "distilbert", attention: topK({ sparsity: 0.8 }) });
 * for await (const event of run) if (event.type === "evaluated") console.log(event.point.evalAccuracy);
 * const { model } = (await run.result)!;
 */
export function train(settings: TrainSettings): TrainingRun {
  const events = new EventQueue<TrainEvent>();
  const result = execute(settings, (event) => events.push(event));
  result.then(
    () => events.end(),
    (error: unknown) => events.end(error),
  );
  // whoever only iterates gets the error there; without this Node would also call it unhandled
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() };
}

async function execute(settings: TrainSettings, emit: (event: TrainEvent) => void): Promise<TrainResult | null> {
  const prepared = await prepareTraining(settings);
  const { train, validation, reported, tokenizer } = prepared;
  const encoded = encodeDataset(tokenizer, train);
  const encodedValidation = encodeDataset(tokenizer, validation);
  const encodedReported = reported === validation ? encodedValidation : encodeDataset(tokenizer, reported);
  const summary = summarise([
    { dataset: train, encoded },
    { dataset: reported, encoded: encodedReported },
  ]);
  emit({ type: "data", summary, columns: train.columns, heldOut: reported.examples.length });

  const plan = specOf(prepared.plan);
  const spec: RunSpec = {
    configuration: plan.pattern,
    model: { kind: "folder", path: settings.model },
    labels: train.labels,
    padTokenId: tokenizer.padTokenId,
    plan,
    data: { train: encoded, selection: encodedValidation, reported: encodedReported },
    options: prepared.options,
    seed: settings.seed ?? 42,
    checkpoints: settings.checkpoints,
    keepWeights: true,
    threads: settings.threads,
    estimate: true,
  };
  const worker = startRunWorker("thread");
  let outcome: RunResult | null;
  try {
    outcome = await worker.run(spec, { onEvent: emit, signal: settings.signal });
  } finally {
    await worker.close();
  }
  return outcome && resultOf(prepared, spec, outcome, summary, emit);
}

function resultOf(
  { train, reported, tokenizer, tokenizerFiles, config }: Prepared,
  spec: RunSpec,
  { record, weights, freshParameters }: RunResult,
  summary: DataSummary,
  emit: (event: TrainEvent) => void,
): TrainResult {
  const metrics = classMetrics(record.probabilities, record.labels, config.labels);
  const figures = {
    accuracy: metrics.accuracy,
    macroF1: metrics.macroF1,
    loss: negativeLogLikelihood(record.probabilities, record.labels),
    accuracySparsityOff: accuracy(record.denseProbabilities, record.labels),
    lossSparsityOff: negativeLogLikelihood(record.denseProbabilities, record.labels),
    effectiveSparsity: record.effectiveSparsity,
    trainLoss: record.trainLoss,
    seconds: record.seconds,
  };
  const card: CrispCard = {
    crisp: packageVersion(),
    attention: spec.plan,
    maxLength: tokenizer.maxLength,
    seed: spec.seed,
    padTokenId: tokenizer.padTokenId,
    columns: train.columns,
    metrics: figures,
    options: spec.options as Readonly<Record<string, unknown>>,
  };
  const model = new Classifier({ config, card, tokenizer, weights: weights!, tokenizerFiles });
  emit({ type: "finished", metrics: figures });
  return {
    model,
    metrics,
    evaluated: { dataset: reported, probabilities: record.probabilities },
    majority: summary.majority?.accuracy ?? 0,
    seconds: record.seconds,
    freshParameters,
  };
}

interface Prepared {
  readonly settings: TrainSettings;
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly reported: Dataset;
  readonly tokenizer: Tokenizer;
  readonly tokenizerFiles: ReadonlyMap<string, Chunks>;
  readonly config: ReturnType<typeof withLabels>;
  readonly plan: AttentionPlan;
  readonly options: Partial<TrainingOptions>;
}

/** Names of the settings that are no training options. */
const OWN = [
  "data",
  "validation",
  "test",
  "model",
  "attention",
  "columns",
  "maxLength",
  "maxTrainSamples",
  "checkpoints",
  "signal",
  "threads",
];

/**
 * The tokenizer of a model folder, cutting texts to what the model takes.
 *
 * @throws `model/tokenizer` when it has ids that the model lacks; what loading either throws.
 */
export async function tokenizerOf(folder: string, maxLength = 128): Promise<Tokenizer> {
  const { config } = loadModelFolder(folder);
  const tokenizer = await loadTokenizer(folder, { maxLength: Math.min(maxLength, config.maxPositions) });
  if (tokenizer.vocabularySize <= config.vocabSize) return tokenizer;
  const rule = `a tokenizer of at most ${config.vocabSize} ids, the model's vocabulary`;
  throw expectedGot("model/tokenizer", folder, rule, tokenizer.vocabularySize, "Take both from one model.");
}

/** Read and check everything before anything is trained. */
export async function prepareTraining(settings: TrainSettings): Promise<Prepared> {
  const options = Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.includes(name) && name !== "seed"));
  resolveOptions(options);
  const { config } = loadModelFolder(settings.model);
  const attention = settings.attention ?? dense();
  const plan = "pattern" in attention ? attention : { pattern: attention };
  checkPlan(plan, config);
  const tokenizer = await tokenizerOf(settings.model, settings.maxLength);
  const read = async (source: string | Dataset, labels?: readonly string[]): Promise<Dataset> => {
    const dataset = typeof source === "string" ? await loadDataset(source, { ...settings.columns, labels }) : source;
    return labels ? sameClasses(dataset, labels) : dataset;
  };
  const all = limited(await read(settings.data), settings.maxTrainSamples);
  checkTrainable(all);
  const given = settings.validation === undefined ? undefined : await read(settings.validation, all.labels);
  const split = given ? { train: all, heldOut: given } : splitDataset({ dataset: all, seed: settings.seed ?? 42 });
  const reported = settings.test === undefined ? split.heldOut : await read(settings.test, all.labels);
  return {
    settings,
    train: split.train,
    validation: split.heldOut,
    reported,
    tokenizer,
    // read now: hours later the folder may be gone
    tokenizerFiles: readTokenizerFiles(settings.model),
    config: withLabels(config, all.labels),
    plan,
    options,
  };
}

/** The first `most` examples, as transformers' `--max_train_samples` takes them. */
export const limited = (dataset: Dataset, most?: number): Dataset =>
  most === undefined ? dataset : { ...dataset, examples: dataset.examples.slice(0, most) };

/** `most` examples drawn at random, always the same ones, in their order: files are often sorted by label. */
export function drawn(dataset: Dataset, most: number): Dataset {
  if (dataset.examples.length <= most) return dataset;
  const chosen = permutation({ seed: 0, step: 0, site: "sample" }, dataset.examples.length).subarray(0, most);
  return { ...dataset, examples: Array.from(chosen.sort(), (at) => dataset.examples[at]) };
}

function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** Hands events from a callback to whoever iterates, whenever they do. */
class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = [];
  #ended = false;
  #error: unknown;
  /** Of all who wait for the next event. */
  #waiting: (() => void)[] = [];

  push(event: Event): void {
    this.#events.push(event);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    for (let at = 0; ; at++) {
      while (at >= this.#events.length) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      }
      yield this.#events[at];
    }
  }
}
