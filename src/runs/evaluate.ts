import { type AttentionPlan, dense, isDense } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import type { Encoded } from "../data/index.ts";
import { fitTemperature } from "../metrics/index.ts";
import type { EncoderConfig } from "../models/index.ts";
import type { Runtime, Tensor } from "../runtime/index.ts";
import { tasks } from "../tasks/index.ts";
import type { LoopResult, TrainingOptions, TrainStep } from "../training/index.ts";
import { mapOf, shownHeads } from "./attention-rows.ts";
import type { TrainingExamples } from "./examples.ts";
import { rulesOf, taskFigures } from "./figures.ts";
import { createForward, type Evaluated, type Forward } from "./forward.ts";
import type { LoadImages } from "./image-input.ts";
import { planOf, specOf } from "./plan-spec.ts";
import type { CurvePoint, RunRecord } from "./records.ts";
import type { MapOfSentence, RunResult, RunSpec } from "./spec.ts";

/** Training loss and accuracy are measured in evaluation mode on so many examples: the same ones for all runs of a study. */
const TRAIN_SAMPLE = 1000;

/** What the last evaluation needs of the training. */
export interface Trained {
  readonly loop: LoopResult;
  readonly curve: readonly CurvePoint[];
}

export type Evaluator = ((plan: AttentionPlan) => Promise<Forward>) & { release(): Promise<void> };

/** Forward passes over the trainer's own parameters, one a plan, compiled when first needed. */
export function evaluators(
  { padTokenId, masking, seed: pairedSeed }: RunSpec,
  config: EncoderConfig,
  {
    runtime,
    step,
    options,
    longest,
    loadImages,
  }: {
    readonly runtime: Runtime;
    readonly step: TrainStep<BatchContext>;
    readonly options: TrainingOptions;
    /** Tokens of the longest text, about. */
    readonly longest: number;
    readonly loadImages?: LoadImages;
  },
): Evaluator {
  const made = new Map<string, Promise<Forward>>();
  const parameters = (): Readonly<Record<string, Tensor>> => step.state.feeds();
  // logits that are not even kept are wide: then fewer examples at once
  const batchSize = tasks[config.task].outputs ? options.perDeviceEvalBatchSize : options.perDeviceTrainBatchSize;
  const get = (plan: AttentionPlan): Promise<Forward> => {
    const key = JSON.stringify(specOf(plan));
    const settings = { runtime, config, plan, parameters, seed: pairedSeed, batchSize, longest, padTokenId, masking, loadImages };
    const known = made.get(key) ?? createForward(settings);
    made.set(key, known);
    return known;
  };
  const release = async (): Promise<void> => {
    for (const forward of made.values()) await (await forward).release();
  };
  return Object.assign(get, { release });
}

export const labelsOf = (examples: readonly Encoded[]): number[] => examples.map(({ label }) => label);

/** The reported split is read here and nowhere else. */
export async function evaluateFinal(
  spec: RunSpec,
  parts: {
    readonly plan: AttentionPlan;
    readonly evaluator: Evaluator;
    readonly step: TrainStep<BatchContext>;
    readonly ended: Trained;
    readonly train: TrainingExamples;
    readonly signal?: AbortSignal;
  },
): Promise<Pick<RunResult, "record" | "figures" | "figuresSparsityOff" | "fresh" | "maps">> {
  const { plan, evaluator, ended, step, train, signal } = parts;
  const { selection, reported = [], fresh = [], mapped = [] } = spec.data;
  const own = await evaluator(plan);
  const trained = await own.evaluate(reported, signal);
  const off = isDense(plan) ? trained : await (await evaluator({ pattern: dense() })).evaluate(reported, signal);
  const cross: Record<string, number[][]> = {};
  for (const [name, other] of Object.entries(spec.alsoUnder ?? {})) {
    cross[name] = (await (await evaluator(planOf(other))).evaluate(reported, signal)).probabilities;
  }
  // without a reported split nothing is to be said of the weights
  const sample = spec.data.reported ? await train.sample(TRAIN_SAMPLE) : [];
  const rules = rulesOf(spec);
  const onTrain = taskFigures(rules, await own.evaluate(sample, signal), sample);
  const calibrated = tasks[rules.task].hasOneClass ? selection?.filter(({ label }) => label >= 0) : undefined;
  const onSelection = calibrated?.length && (await own.evaluate(calibrated, signal));

  const maps: MapOfSentence[] = [];
  for (const [at, { text, tokens, encoded }] of mapped.entries()) {
    const layers = await own.attention(encoded);
    const heads = at === 0 ? shownHeads(layers, tokens.length) : [{ layer: layers.length - 1, head: 0 }];
    for (const place of heads) maps.push(mapOf(layers[place.layer], { text, tokens, ...place }));
  }
  const readFresh = fresh.length > 0 ? (await own.evaluate(fresh)).probabilities : [];
  const record: RunRecord = {
    arm: spec.arm,
    seed: spec.seed,
    probabilities: trained.probabilities,
    denseProbabilities: off.probabilities,
    ...(Object.keys(cross).length > 0 && { crossProbabilities: cross }),
    labels: labelsOf(reported),
    trainLoss: onTrain.loss,
    trainAccuracy: onTrain.figures.accuracy ?? onTrain.score,
    effectiveSparsity: sparsityOf(trained),
    steps: ended.loop.progress.step,
    seconds: ended.loop.progress.seconds,
    bestBySelectionAccuracy: ended.loop.best ? await bestOnReported(spec, step, ended.loop.best, own) : null,
    temperature: onSelection ? fitTemperature(onSelection.logits, labelsOf(calibrated!)) : null,
    curve: ended.curve,
  };
  const figures = taskFigures(rules, trained, reported);
  return { record, figures, figuresSparsityOff: taskFigures(rules, off, reported), fresh: readFresh, maps };
}

const sparsityOf = ({ pairs: { kept, valid } }: Evaluated): number => (valid === 0 ? 0 : 1 - kept / valid);

/** The best weights by the selection split, read on the reported split; the last weights come back afterwards. */
async function bestOnReported(
  spec: RunSpec,
  { state }: TrainStep<BatchContext>,
  best: ReadonlyMap<string, Float32Array>,
  forward: Forward,
): Promise<number> {
  const last = await state.snapshot();
  await state.restore(best);
  const { reported = [] } = spec.data;
  const evaluated = await forward.evaluate(reported);
  await state.restore(last);
  const { figures, score } = taskFigures(rulesOf(spec), evaluated, reported);
  return figures.accuracy ?? score;
}
