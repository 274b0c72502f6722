import { type Encoded, shortened } from "../../data/index.ts";
import { joined } from "../../files/index.ts";
import { folds as cutFolds, type Fold } from "../../linear/index.ts";
import { modelFiles } from "../../models/index.ts";
import type { ContrastiveSettings, RecipeChoice } from "../../recipes/index.ts";
import { describeRun, hashOf, type RunEvent, type RunResult, type RunSpec, sameTexts } from "../../runs/index.ts";
import { type Json, type RunDescription, resolveOptions } from "../../training/index.ts";

/**
 * Executes a run.
 *
 * @param phase - What a run before the last one is called, whose events are its own; undefined for the run that gives the model.
 * @returns Null when it was stopped.
 */
export type ExecuteRun = (spec: RunSpec, phase?: string) => Promise<RunResult | null>;

/** What a fold's model says of the examples that it was not trained on, in their order. */
export interface FoldAnswers extends Pick<RunResult["record"], "probabilities" | "denseProbabilities" | "seconds"> {
  /** What computed. */
  readonly runtime: RunResult["runtime"];
}

/** Keeps what the phases before the last run have found, so that a training that is continued does not repeat them. */
export interface PhaseStore {
  /** Of a phase, as `RunSpec.checkpoints`. */
  checkpoints(phase: string): string;
  /**
   * What was kept of a fold; undefined where nothing was.
   *
   * @param fold - Its number, from 1 on.
   * @throws `checkpoint/other-run` for a fold of another training; `file/not-own`.
   */
  readFold(fold: number, run: RunDescription): FoldAnswers | undefined;
  /** @throws `file/not-own`, `file/disk-full`, `file/not-writable`. */
  keepFold(fold: number, run: RunDescription, answers: FoldAnswers): void;
}

/**
 * Train by a recipe: the contrastive phase, where there is one, then head and fine-tuning.
 *
 * @param spec - Of the last run, as far as the recipe does not say it.
 * @param options.phase - As for `ExecuteRun`, when this training only serves another.
 * @param options.store - Takes the checkpoints of the contrastive phase; left out, it writes none.
 */
export async function runByRecipe(
  spec: RunSpec,
  recipe: Omit<RecipeChoice, "folds">,
  run: ExecuteRun,
  { phase, store }: { readonly phase?: string; readonly store?: PhaseStore } = {},
): Promise<RunResult | null> {
  const { contrastive, pooling, probe, options } = recipe;
  // the contrastive phase trains the encoder alone
  if (!contrastive || options.freeze?.includes("encoder")) return run({ ...spec, options, pooling, probe }, phase);
  const { arm, padTokenId, plan, seed, device, threads, data, model } = spec;
  const first = await run(
    {
      ...{ arm, padTokenId, plan, seed, device, threads, model, pooling },
      task: "contrastive",
      labels: [],
      classes: spec.labels.length,
      data: { train: withShorterTexts(data.train, contrastive.maxLength) },
      options: {
        learningRate: contrastive.learningRate,
        perDeviceTrainBatchSize: contrastive.batchSize,
        numTrainEpochs: contrastive.epochs,
        evalStrategy: "no",
        saveSteps: options.saveSteps ?? savedEvery(data.train, contrastive),
        saveTotalLimit: options.saveTotalLimit,
        hiddenDropoutProb: options.hiddenDropoutProb,
        attentionProbsDropoutProb: options.attentionProbsDropoutProb,
        numHiddenLayers: options.numHiddenLayers,
        freeze: options.freeze,
        loraRank: options.loraRank,
        loraAlpha: options.loraAlpha,
        loraTargetModules: options.loraTargetModules,
        layerwiseLrDecay: options.layerwiseLrDecay,
      },
      // they stay when it has ended: a run that is continued later takes its weights from the last one
      checkpoints: store?.checkpoints(CONTRASTIVE),
      keepWeights: true,
    },
    phase ?? CONTRASTIVE,
  );
  if (!first) return null;
  const files = new Map(Array.from(modelFiles(first.config, first.weights!), ([name, pieces]) => [name, joined(pieces)]));
  // of the layers that the first run took, none is left out again
  const rest = { ...options, numHiddenLayers: undefined };
  const second = await run({ ...spec, model: { kind: "files", files }, plan: first.plan, options: rest, probe }, phase);
  if (!second) return null;
  const { record } = second;
  return {
    ...second,
    pooling: first.pooling,
    frozenAccuracy: first.frozenAccuracy,
    // it belongs to what the first run left, which is not kept
    adapter: undefined,
    record: { ...record, steps: record.steps + first.record.steps, seconds: record.seconds + first.record.seconds },
  };
}

const withShorterTexts = (train: RunSpec["data"]["train"], maxLength: number): RunSpec["data"]["train"] =>
  "paths" in train
    ? train
    : train.map((example) => ({
        ...shortened(example, maxLength),
        ...(example.others && { others: example.others.map((window) => shortened(window, maxLength)) }),
      }));

/** Its epochs may be one update each, and a checkpoint takes as long as several: four are written where nobody says otherwise. */
const savedEvery = (train: RunSpec["data"]["train"], { epochs, batchSize }: ContrastiveSettings): number | undefined =>
  "paths" in train ? undefined : Math.ceil((epochs * Math.ceil(train.length / batchSize)) / 4);

/** The phase in which texts of a label are drawn together. */
export const CONTRASTIVE = "contrastive";

/** Parts with every label's share, and rows that share text in one of them. */
export const foldsOf = (spec: RunSpec, { folds }: RecipeChoice, examples: readonly Encoded[]): Fold[] =>
  cutFolds(
    examples.map(({ label }) => label),
    folds,
    { seed: spec.seed, groups: sameTexts(examples) },
  );

/**
 * Predict every example by a model that was trained on others.
 *
 * @param store - Has the folds that are finished, and takes the others; left out, none is kept.
 * @returns [examples][C] with attention as trained and dense, in the order of the examples; null when it was stopped.
 */
export async function crossPredict(
  spec: RunSpec,
  recipe: RecipeChoice,
  examples: readonly Encoded[],
  run: ExecuteRun,
  store?: PhaseStore,
): Promise<CrossPredicted | null> {
  const parts = foldsOf(spec, recipe, examples);
  const whole = store && describeTraining(spec, recipe, examples);
  const described = (fold: number): RunDescription => ({ ...whole, fold: `${fold} of ${parts.length}` });
  // all are read before the first is trained: what is another training's is refused at once
  const kept = parts.map((_, at) => store?.readFold(at + 1, described(at + 1)));

  const probabilities: (readonly number[])[] = new Array(examples.length);
  const denseProbabilities: (readonly number[])[] = new Array(examples.length);
  let seconds = 0;
  for (const [at, part] of parts.entries()) {
    const answers = kept[at] ?? (await trainFold(spec, recipe, examples, part, run, `fold ${at + 1} of ${parts.length}`));
    if (!answers) return null;
    if (!kept[at]) store?.keepFold(at + 1, described(at + 1), answers);
    seconds += answers.seconds;
    for (const [row, place] of part.test.entries()) {
      probabilities[place] = answers.probabilities[row];
      denseProbabilities[place] = answers.denseProbabilities[row];
    }
  }
  return { probabilities, denseProbabilities, seconds, keptBy: kept.flatMap((fold) => (fold ? [fold.runtime] : [])) };
}

/** What models of others say of every example. */
export interface CrossPredicted extends Omit<FoldAnswers, "runtime"> {
  /** What computed the folds that were not trained now. */
  readonly keptBy: readonly RunResult["runtime"][];
}

async function trainFold(
  spec: RunSpec,
  recipe: RecipeChoice,
  examples: readonly Encoded[],
  { train, test }: Fold,
  run: ExecuteRun,
  phase: string,
): Promise<FoldAnswers | null> {
  const data = { train: train.map((place) => examples[place]), reported: test.map((place) => examples[place]) };
  const own = { ...spec, data, checkpoints: undefined, keepWeights: false, estimate: false };
  const result = await runByRecipe(own, recipe, run, { phase });
  if (!result) return null;
  const { probabilities, denseProbabilities, seconds } = result.record;
  return { probabilities, denseProbabilities, seconds, runtime: result.runtime };
}

/** What all folds of a training follow from. */
function describeTraining(
  spec: RunSpec,
  { contrastive, pooling, probe, options }: RecipeChoice,
  examples: readonly Encoded[],
): RunDescription {
  const run = describeRun({ ...spec, pooling, probe }, resolveOptions(options), hashOf(examples));
  return { ...run, ...(contrastive && { contrastive: contrastive as Json & typeof contrastive }) };
}

/** An update of a run before the one that gives the model. */
export interface PhaseEvent {
  readonly type: "phase";
  readonly name: string;
  /** Updates done. */
  readonly done: number;
  readonly steps: number;
}

/** A phase's steps as events of the training that it belongs to, and what is said of its checkpoints. */
export const asPhase =
  (name: string, emit: (event: PhaseEvent | RunEvent) => void) =>
  (event: RunEvent): void => {
    if (event.type === "step") emit({ type: "phase", name, done: event.step, steps: event.steps });
    else if (event.type === "saved") emit(event);
    else if (event.type === "note" && event.resumed) emit({ ...event, text: `${name}: ${event.text}` });
  };
