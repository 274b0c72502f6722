import { type AttentionPlan, isDense } from "../../attention/index.ts";
import type { Encoded } from "../../data/index.ts";
import { crossPredicted, folds } from "../../linear/index.ts";
import { argmax } from "../../metrics/index.ts";
import { meanPooled } from "../../models/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { TrainingOptions } from "../../training/index.ts";
import type { TrainingExamples } from "../examples.ts";
import { weightTensors } from "../forward.ts";
import { sameTexts } from "../same-texts.ts";
import type { RunSpec } from "../spec.ts";
import { featuresOf, probedHead } from "./probe.ts";
import type { StartingPoint } from "./starting-point.ts";

/** A probe learns no more from more examples than this. */
const MOST_PROBED = 5000;
/** Choosing between two poolings takes fewer. */
const MOST_COMPARED = 1000;
const FOLDS = 5;
/** A mean that is no better than this is not worth its layer. */
const LEAST_GAIN = 0.01;

/** Where training begins, once the encoder itself was looked at. */
export interface HeadStart extends StartingPoint {
  readonly plan: AttentionPlan;
  /** See `RunResult.pooling`. */
  readonly pooling?: "first" | "mean";
  /** See `RunResult.frozenAccuracy`. */
  readonly frozenAccuracy?: number;
}

/**
 * Take what the untrained encoder already knows: choose what its head reads, and let the head start as the logistic regression of that.
 *
 * The mean of all tokens is chosen where its cross-validated accuracy is at least a point above the first token's.
 *
 * @see Kumar et al., arXiv 2202.10054: a head that starts at random spoils the features while it learns.
 */
export async function headStart(
  spec: RunSpec,
  start: StartingPoint,
  parts: {
    readonly plan: AttentionPlan;
    readonly runtime: Runtime;
    readonly train: TrainingExamples;
    readonly options: TrainingOptions;
    readonly signal?: AbortSignal;
  },
): Promise<HeadStart> {
  const { plan, runtime, train, options, signal } = parts;
  if (!spec.pooling && !spec.probe) return { ...start, plan };
  const classes = spec.classes ?? start.config.numLabels;
  const read = (from: StartingPoint, plan: AttentionPlan, examples: readonly Encoded[]): Promise<readonly Float32Array[]> => {
    const tensors = weightTensors(from.config, from.values);
    const { padTokenId, seed } = spec;
    const settings = { runtime, config: from.config, plan, seed, padTokenId, batchSize: options.perDeviceEvalBatchSize };
    return featuresOf(examples, { ...settings, parameters: () => tensors }, signal);
  };
  const labelled = (examples: readonly Encoded[]): Encoded[] => examples.filter(({ label }) => label >= 0);

  let chosen: HeadStart = { ...start, plan };
  if (spec.pooling) {
    const pooled = meanPooled(start.config, start.values);
    const mean: HeadStart | undefined = pooled && {
      pooling: "mean",
      ...pooled,
      // what the new layer set is no longer drawn at random
      fresh: start.fresh.filter((name) => pooled.values.get(name) === start.values.get(name)),
      plan: withoutLastLayers(plan, start.config.layers),
    };
    if (spec.pooling === "mean") chosen = mean ?? chosen;
    else {
      const compared = labelled(await train.sample(MOST_COMPARED));
      const labels = compared.map(({ label }) => label);
      const score = async (each: HeadStart): Promise<number> =>
        crossValidated(await read(each, each.plan, compared), labels, classes, sameTexts(compared));
      const [own, other] = [await score(chosen), mean ? await score(mean) : -1];
      if (mean && other >= own + LEAST_GAIN) chosen = mean;
      chosen = { pooling: "first", ...chosen, frozenAccuracy: Math.max(own, other) };
    }
  }
  if (!spec.probe) return chosen;
  const sample = labelled(await train.sample(MOST_PROBED));
  const features = await read(chosen, chosen.plan, sample);
  const labels = sample.map(({ label }) => label);
  const head = probedHead(chosen.config, features, labels, spec.classWeights);
  return { ...chosen, values: new Map([...chosen.values, ...head]), fresh: chosen.fresh.filter((name) => !head.has(name)) };
}

/** Share of examples that a logistic regression of the others gets right. */
export function crossValidated(
  features: readonly Float32Array[],
  labels: readonly number[],
  classes: number,
  groups: readonly number[],
): number {
  const said = crossPredicted(features, labels, classes, folds(labels, FOLDS, { groups }));
  return said.filter((row, at) => argmax(row) === labels[at]).length / labels.length;
}

/** A plan of the whole encoder says which layers it meant, before others come behind them. */
const withoutLastLayers = (plan: AttentionPlan, layers: number): AttentionPlan =>
  plan.layers || isDense(plan) ? plan : { ...plan, layers: Array.from({ length: layers }, (_, layer) => layer) };
