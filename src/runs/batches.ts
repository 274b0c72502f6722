import { type AttentionPlan, strengthAt } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { collate } from "../data/index.ts";
import type { Bindings } from "../graph/index.ts";
import type { BatchSource, TrainingOptions } from "../training/index.ts";
import type { TrainingExamples } from "./examples.ts";
import { batchContext } from "./forward.ts";
import type { RunSpec } from "./spec.ts";
import { lossWeight } from "./task-figures.ts";

/** The training examples of a run as batches. */
export interface RunBatches extends BatchSource<BatchContext> {
  /** Bindings of the largest ones. */
  readonly largest: readonly Bindings[];
  /** Padded tokens of the first batch, which must be prepared, and about those of an epoch. */
  tokens(): { readonly batch: number; readonly epoch: number };
}

/** Batches as graph contexts; which examples are in them follows from the seed and the epoch. */
export function batchSource(
  { padTokenId, classWeights, task = "single_label_classification" }: RunSpec,
  train: TrainingExamples,
  options: TrainingOptions,
  plan: AttentionPlan,
  seed: number,
): RunBatches {
  const batchSize = options.perDeviceTrainBatchSize;
  const { batchesPerEpoch, prepare, examples, epochTokens } = train.inBatches({
    batchSize,
    seed: options.dataSeed ?? seed,
    accumulated: options.gradientAccumulationSteps,
  });
  return {
    batchesPerEpoch,
    largest: [{ B: Math.min(batchSize, train.count), n: train.longest }],
    prepare,
    size: (epoch, batch) => lossWeight(task, examples(epoch, batch), classWeights),
    tokens() {
      const first = examples(0, 0);
      const longest = first.reduce((most, { inputIds }) => Math.max(most, inputIds.length), 0);
      return { batch: first.length * longest, epoch: epochTokens() };
    },
    context(epoch, at, { step, lossDivisor }) {
      const batch = collate(examples(epoch, at), padTokenId);
      const strength = strengthAt(plan, step);
      const labelSmoothing = options.labelSmoothingFactor;
      return batchContext(batch, { seed, step, training: true, strength, labelSmoothing, lossDivisor, classWeights });
    },
  };
}
