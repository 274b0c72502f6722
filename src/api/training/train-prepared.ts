import type { DataSummary, Dataset, Encoded } from "../../data/index.ts";
import { groupsForFolds, summarise, summariseStreamed, tokenCounts } from "../../data/index.ts";
import type { ModelFacts } from "../../export/index.ts";
import { joined, stableJson } from "../../files/index.ts";
import { classMetrics, fitTemperature } from "../../metrics/index.ts";
import type { Adapter, EncoderConfig } from "../../models/index.ts";
import type { RunResult, RunSpec, StreamedSource } from "../../runs/index.ts";
import { encodeFor, readsImages, rulesOf, specOf, taskFigures } from "../../runs/index.ts";
import { tasks } from "../../tasks/index.ts";
import { resolveOptions } from "../../training/index.ts";
import type { CrispCard } from "../classifier/classifier.ts";
import { VERSION } from "../version.ts";
import { type Baseline, FROZEN, frozenBaseline, majorityBaseline, type Trials, tfIdfBaseline } from "./baselines.ts";
import { fasterAttention } from "./faster-attention.ts";
import { foldsNote } from "./folds-note.ts";
import { type CrossPredicted, crossPredict, type ExecuteRun, foldsOf, type PhaseStore, runByRecipe } from "./phases.ts";
import { type Teacher, taught } from "./teacher.ts";
import type { TextTrainResult, TextTrainSettings, TrainEvent } from "./train-settings.ts";
import type { Prepared, StreamedTraining } from "./train-text.ts";

/** What a finished training hands over, beside its result. */
export interface Finished extends TextTrainResult {
  readonly card: CrispCard;
  readonly config: EncoderConfig;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly adapter?: Adapter;
}

/**
 * Train what was prepared.
 *
 * @param run - Executes the run, here or in a worker.
 * @param store - Of its phases; left out, they are done again by a training that is continued.
 * @returns Null when it was stopped.
 */
export async function trainPrepared(
  prepared: Prepared,
  settings: Pick<TextTrainSettings<unknown>, "seed" | "device" | "threads" | "glue" | "about"> & {
    readonly checkpoints?: string;
    readonly signal?: AbortSignal;
  },
  run: ExecuteRun,
  emit: (event: TrainEvent) => void,
  store?: PhaseStore,
): Promise<Finished | null> {
  const { train, validation, reported, tokenizer, images, recipe, long, teacher } = prepared;
  const onDisk = "source" in train;
  const encoded = onDisk ? streamedSource(train, prepared) : inGroups(encodeFor(prepared, train), train, recipe);
  const longest = "paths" in encoded ? encoded.maxLength : tokenCounts(encoded).reduce((a, b) => Math.max(a, b), 0);
  const attention = images ? undefined : fasterAttention(prepared.plan, prepared.config, longest);
  if (long) emit({ type: "long", texts: long });
  if (attention) emit({ type: "faster", attention });
  emit({ type: "recipe", recipe });
  const encodedOf = (dataset: Dataset): Encoded[] => (dataset === train ? (encoded as Encoded[]) : encodeFor(prepared, dataset));
  const selection = validation && encodedOf(validation);
  const encodedReported = reported === validation ? selection! : encodedOf(reported);
  // of images there are no lengths to sum up
  const evaluated = { dataset: reported, ...(!images && { encoded: encodedReported }) };
  const summary = summaryOf(train, encoded, reported, evaluated, images !== undefined);
  const { columns } = onDisk ? train.dataset : train;
  emit({ type: "data", summary, columns, heldOut: reported.examples.length });

  const known = teacher ? await taughtBy(teacher, train as Dataset, encoded as Encoded[], settings.signal, emit) : encoded;
  if (!known) return null;
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
    data: { train: known, selection, reported: encodedReported },
    ...(teacher && { taughtBy: teacher.hash }),
    options: recipe.options,
    seed: settings.seed ?? 42,
    checkpoints: settings.checkpoints,
    keepWeights: true,
    device: settings.device,
    threads: settings.threads,
    estimate: true,
  };
  if (recipe.folds > 0) {
    const text = foldsNote(train as Dataset, foldsOf(spec, recipe, encodedReported));
    if (text) emit({ type: "note", text });
  }
  const crossed = recipe.folds > 0 ? await crossPredict(spec, recipe, encodedReported, run, store) : undefined;
  if (crossed === null) return null;
  const trained = await runByRecipe(spec, recipe, run, { store });
  if (!trained) return null;
  if (crossed?.keptBy.some((runtime) => stableJson(runtime) !== stableJson(trained.runtime)))
    emit({ type: "note", text: "other folds were predicted by another runtime: results may differ in the last bits" });
  const outcome = crossed ? withCrossPredicted(trained, crossed, spec, encodedReported) : trained;
  const baselines = await baselinesOf(prepared, spec, outcome, run, emit);
  return baselines && finished(prepared, spec, outcome, { summary, columns, about: settings.about, baselines }, emit);
}

/** Where rows are cross-validated: which of them share text. */
function inGroups(encoded: Encoded[], { examples }: Dataset, { folds }: Prepared["recipe"]): Encoded[] {
  if (folds === 0) return encoded;
  const groups = groupsForFolds(examples, folds);
  return encoded.map((example, at) => ({ ...example, group: groups[at] }));
}

/** Null when it was stopped. */
async function taughtBy(
  teacher: Teacher,
  train: Dataset,
  encoded: readonly Encoded[],
  signal: AbortSignal | undefined,
  emit: (event: TrainEvent) => void,
): Promise<Encoded[] | null> {
  return taught(teacher, train, encoded, { signal, emit }).catch((error) => {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  });
}

function summaryOf(
  train: Prepared["train"],
  encoded: RunSpec["data"]["train"],
  reported: Dataset,
  evaluated: Parameters<typeof summariseStreamed>[1],
  images: boolean,
): DataSummary {
  if ("source" in train) return summariseStreamed(train.dataset, evaluated);
  const trained = { dataset: train, ...(!images && { encoded: encoded as Encoded[] }) };
  return summarise(reported === train ? [trained] : [trained, evaluated]);
}

/** The result of a training on all examples, judged by what models of others said of each. */
function withCrossPredicted(
  trained: RunResult,
  { probabilities, denseProbabilities, seconds }: CrossPredicted,
  spec: RunSpec,
  examples: readonly Encoded[],
): RunResult {
  const rules = rulesOf(spec);
  const labels = examples.map(({ label }) => label);
  const known = labels.flatMap((label, at) => (label >= 0 ? [at] : []));
  const logits = known.map((at) => probabilities[at].map((p) => Math.log(Math.max(p, 1e-12))));
  const temperature = fitTemperature(
    logits,
    known.map((at) => labels[at]),
  );
  const own = { probabilities, denseProbabilities, labels, temperature };
  const record = { ...trained.record, ...own, seconds: trained.record.seconds + seconds };
  return {
    ...trained,
    record,
    figures: taskFigures(rules, { probabilities: probabilities.map((row) => [...row]) }, examples),
    figuresSparsityOff: taskFigures(rules, { probabilities: denseProbabilities.map((row) => [...row]) }, examples),
  };
}

/** More rows than this take a frozen encoder longer than a baseline may. */
const MOST_FROZEN = 5000;
/** Characters of texts that a TF-IDF is made of in seconds. */
const MOST_CHARACTERS = 50e6;

/** What simple methods reach, best first; null when it was stopped. */
async function baselinesOf(
  { train, reported, recipe, source, images }: Prepared,
  spec: RunSpec,
  { frozenAccuracy, pooling }: RunResult,
  run: ExecuteRun,
  emit: (event: TrainEvent) => void,
): Promise<readonly Baseline[] | null> {
  const classes = spec.labels.length;
  if (!tasks[spec.task!].hasOneClass || "source" in train || images) return [];
  const crossed = recipe.folds > 0;
  const trials: Trials = crossed
    ? foldsOf(spec, recipe, spec.data.train as Encoded[]).map(({ train: known, test }) => ({
        train: known.map((at) => train.examples[at]),
        test: test.map((at) => train.examples[at]),
      }))
    : [{ train: train.examples, test: reported.examples }];
  const found = [majorityBaseline(trials, classes)];
  const characters = train.examples.reduce((sum, { text, pair = "" }) => sum + text.length + pair.length, 0);
  if (characters * trials.length <= MOST_CHARACTERS) found.push(tfIdfBaseline(trials, classes));
  if (crossed && frozenAccuracy !== undefined) found.push({ name: FROZEN, score: frozenAccuracy });
  else if (!crossed && source.kind !== "fresh" && reported.examples.length <= MOST_FROZEN) {
    try {
      const frozen = await frozenBaseline(spec, run, recipe.pooling === "best" ? pooling : undefined);
      if (!frozen) return null;
      found.push(frozen);
    } catch (error) {
      // hours later the start model may be gone, which must not cost the model that was trained
      emit({ type: "note", text: `The frozen encoder was not compared: ${(error as Error).message}` });
    }
  }
  return found.sort((a, b) => b.score - a.score);
}

function streamedSource({ source }: StreamedTraining, { tokenizer, tokenizerFiles }: Prepared): StreamedSource {
  if (!tokenizer) throw readsImages(source.paths[0], "texts");
  const files = new Map(Array.from(tokenizerFiles, ([name, pieces]) => [name, joined(pieces)]));
  const { maxLength, longTexts, docStride, maxWindows } = tokenizer;
  return { ...source, tokenizerFiles: files, maxLength, longTexts, docStride, maxWindows };
}

function finished(
  { train, validation, reported, tokenizer, images, recipe, classWeights, teacher }: Prepared,
  spec: RunSpec,
  { record, figures: on, figuresSparsityOff: off, weights, adapter, freshParameters, runtime, config, plan }: RunResult,
  {
    summary,
    columns,
    about,
    baselines,
  }: {
    readonly summary: DataSummary;
    readonly columns: Dataset["columns"];
    readonly about?: ModelFacts;
    readonly baselines: readonly Baseline[];
  },
  emit: (event: TrainEvent) => void,
): Finished {
  const metrics = { ...on.figures, loss: on.loss };
  const split = reported === validation ? "held out" : reported === train ? "cross-validated" : "test";
  const [first, last] = [summary.splits[0], summary.splits[summary.splits.length - 1]];
  const { name, contrastive, pooling, probe, options, folds, holdsOut } = recipe;
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
    attention: plan,
    maxLength: tokenizer?.maxLength ?? images!.tokens,
    ...(tokenizer && tokenizer.longTexts !== "head" && { longTexts: tokenizer.longTexts }),
    ...(tokenizer?.longTexts === "chunks" && { docStride: tokenizer.docStride, maxWindows: tokenizer.maxWindows }),
    seed: spec.seed,
    padTokenId: spec.padTokenId,
    columns,
    ...(record.temperature !== null && { temperature: record.temperature }),
    split,
    metrics: figures,
    options: resolveOptions(options),
    recipe: { name, contrastive, pooling, probe, options, folds, holdsOut },
    ...(classWeights && { classWeights }),
    runtime,
    about: {
      ...about,
      ...(teacher && { teacher: teacher.name }),
      rows: { train: first.rows, evaluated: last.rows },
      files: { train: first.name, evaluated: last.name },
    },
  };
  emit({ type: "finished", metrics: figures });
  return {
    card,
    config,
    baselines,
    weights: weights!,
    adapter,
    metrics,
    primary: on.primary,
    split,
    classes: tasks[config.task].hasOneClass ? classMetrics(record.probabilities, record.labels, config.labels) : null,
    evaluated: {
      dataset: reported,
      probabilities: record.probabilities,
      ...((tasks[config.task].perToken || tasks[config.task].labels?.ofPairs) && { encoded: spec.data.reported }),
    },
    majority: summary.majority?.accuracy ?? 0,
    seconds: record.seconds,
    runtime,
    freshParameters,
  };
}
