import { type AttentionPlan, strengthAt } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { collate, type Encoded } from "../data/index.ts";
import type { Bindings } from "../graph/index.ts";
import { DEFAULT_TASK, tasks } from "../tasks/index.ts";
import type { BatchSource, TrainingOptions } from "../training/index.ts";
import { paddedTokens, type TrainingExamples } from "./examples.ts";
import { batchContext } from "./forward.ts";
import type { RunSpec } from "./spec.ts";

/** The training examples of a run as batches. */
export interface RunBatches extends BatchSource<BatchContext> {
  /** Bindings of the largest ones. */
  readonly largest: readonly Bindings[];
  /** Padded tokens of the first batch, which must be prepared, and about those of an epoch. */
  tokens(): { readonly batch: number; readonly epoch: number };
}

/** Bindings of the largest batch that so many examples can make; of masked tokens there are at most as many as tokens. */
export function largestBatch({ texts, count, longest }: TrainingExamples, batchSize: number): Bindings {
  const B = texts * Math.min(batchSize, count);
  return { B, n: longest, M: B * longest };
}

/** Batches as graph contexts; which examples are in them follows from the seed and the epoch. */
export function batchSource(
  { padTokenId, classWeights, masking, task: name = DEFAULT_TASK }: RunSpec,
  train: TrainingExamples,
  options: TrainingOptions,
  plan: AttentionPlan,
  seed: number,
): RunBatches {
  const batchSize = options.perDeviceTrainBatchSize;
  const task = tasks[name];
  const { batchesPerEpoch, prepare, examples, epochTokens } = train.inBatches({
    byLabel: task.groupsByLabel,
    batchSize,
    seed: options.dataSeed ?? seed,
    accumulated: options.gradientAccumulationSteps,
  });
  const collated = (epoch: number, batch: number): readonly Encoded[] => {
    const chosen = examples(epoch, batch);
    return task.collate?.(chosen, { seed, epoch, masking }) ?? chosen;
  };
  return {
    batchesPerEpoch,
    largest: [largestBatch(train, batchSize)],
    prepare,
    size: (epoch, batch) => task.lossWeight(collated(epoch, batch), classWeights),
    tokens() {
      const first = examples(0, 0);
      return { batch: paddedTokens(first), epoch: epochTokens() };
    },
    context(epoch, at, { step, lossDivisor }) {
      const batch = collate(collated(epoch, at), padTokenId);
      const strength = strengthAt(plan, step);
      const labelSmoothing = options.labelSmoothingFactor;
      return batchContext(batch, { seed, step, training: true, strength, labelSmoothing, lossDivisor, classWeights });
    },
  };
}
