import type { Encoded } from "../../data/index.ts";
import { joined } from "../../files/index.ts";
import { folds as cutFolds, type Fold } from "../../linear/index.ts";
import { modelFiles } from "../../models/index.ts";
import type { RecipeChoice } from "../../recipes/index.ts";
import { type RunEvent, type RunResult, type RunSpec, sameTexts } from "../../runs/index.ts";

/**
 * Executes a run.
 *
 * @param phase - What a run before the last one is called, whose events are its own; undefined for the run that gives the model.
 * @returns Null when it was stopped.
 */
export type ExecuteRun = (spec: RunSpec, phase?: string) => Promise<RunResult | null>;

/**
 * Train by a recipe: the contrastive phase, where there is one, then head and fine-tuning.
 *
 * @param spec - Of the last run, as far as the recipe does not say it.
 * @param phase - As for `ExecuteRun`, when this training only serves another.
 */
export async function runByRecipe(
  spec: RunSpec,
  recipe: Omit<RecipeChoice, "folds">,
  run: ExecuteRun,
  phase?: string,
): Promise<RunResult | null> {
  const { contrastive, pooling, probe, options } = recipe;
  if (!contrastive) return run({ ...spec, options, pooling, probe }, phase);
  const { arm, padTokenId, plan, seed, device, threads, data, model } = spec;
  const first = await run(
    {
      ...{ arm, padTokenId, plan, seed, device, threads, model, pooling },
      task: "contrastive",
      labels: [],
      classes: spec.labels.length,
      data: { train: data.train },
      options: {
        learningRate: contrastive.learningRate,
        perDeviceTrainBatchSize: contrastive.batchSize,
        numTrainEpochs: contrastive.epochs,
        evalStrategy: "no",
      },
      keepWeights: true,
    },
    phase ?? "contrastive",
  );
  if (!first) return null;
  const files = new Map(Array.from(modelFiles(first.config, first.weights!), ([name, pieces]) => [name, joined(pieces)]));
  const second = await run({ ...spec, model: { kind: "files", files }, plan: first.plan, options, probe }, phase);
  if (!second) return null;
  const { record } = second;
  return {
    ...second,
    pooling: first.pooling,
    frozenAccuracy: first.frozenAccuracy,
    record: { ...record, steps: record.steps + first.record.steps, seconds: record.seconds + first.record.seconds },
  };
}

/** Parts with every label's share, and equal texts in one of them. */
export const foldsOf = (spec: RunSpec, { folds }: RecipeChoice, examples: readonly Encoded[]): Fold[] =>
  cutFolds(
    examples.map(({ label }) => label),
    folds,
    { seed: spec.seed, groups: sameTexts(examples) },
  );

/**
 * Predict every example by a model that was trained on others.
 *
 * @returns [examples][C] with attention as trained and dense, in the order of the examples; null when it was stopped.
 */
export async function crossPredict(
  spec: RunSpec,
  recipe: RecipeChoice,
  examples: readonly Encoded[],
  run: ExecuteRun,
): Promise<Pick<RunResult["record"], "probabilities" | "denseProbabilities" | "seconds"> | null> {
  const probabilities: (readonly number[])[] = new Array(examples.length);
  const denseProbabilities: (readonly number[])[] = new Array(examples.length);
  let seconds = 0;
  const parts = foldsOf(spec, recipe, examples);
  for (const [at, { train, test }] of parts.entries()) {
    const data = { train: train.map((place) => examples[place]), reported: test.map((place) => examples[place]) };
    const own = { ...spec, data, checkpoints: undefined, keepWeights: false, estimate: false };
    const result = await runByRecipe(own, recipe, run, `fold ${at + 1} of ${parts.length}`);
    if (!result) return null;
    seconds += result.record.seconds;
    for (const [row, place] of test.entries()) {
      probabilities[place] = result.record.probabilities[row];
      denseProbabilities[place] = result.record.denseProbabilities[row];
    }
  }
  return { probabilities, denseProbabilities, seconds };
}

/** An update of a run before the one that gives the model. */
export interface PhaseEvent {
  readonly type: "phase";
  readonly name: string;
  /** Updates done. */
  readonly done: number;
  readonly steps: number;
}

/** The steps of a phase, as events of the training that it belongs to. */
export const asPhase =
  (name: string, emit: (event: PhaseEvent) => void) =>
  (event: RunEvent): void => {
    if (event.type === "step") emit({ type: "phase", name, done: event.step, steps: event.steps });
  };
