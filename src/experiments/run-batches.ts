import { batchOrder, collate, type Encoded, tokenCounts } from "../data/index.ts";
import type { Bindings } from "../graph/index.ts";
import { type AttentionPlan, type BatchContext, strengthAt } from "../sparsity/index.ts";
import type { BatchSource, TrainingOptions } from "../training/index.ts";
import { batchContext } from "./forward.ts";
import type { RunSpec } from "./run-spec.ts";
import { lossWeight } from "./task-figures.ts";

/** The training examples of a run as batches. */
export interface RunBatches extends BatchSource<BatchContext> {
  /** Bindings of the largest ones. */
  readonly largest: readonly Bindings[];
  /** Padded tokens of a batch of the first epoch. */
  tokens(batch: number): number;
}

/** Batches as graph contexts; which examples are in them follows from the seed and the epoch. */
export function batchSource(
  { data, padTokenId, classWeights, task = "single_label_classification" }: RunSpec,
  options: TrainingOptions,
  plan: AttentionPlan,
  seed: number,
): RunBatches {
  const lengths = tokenCounts(data.train);
  const batchSize = options.perDeviceTrainBatchSize;
  let known: { epoch: number; order: Uint32Array[] } | undefined;
  const orderOf = (epoch: number): Uint32Array[] => {
    if (known?.epoch !== epoch)
      known = { epoch, order: batchOrder({ lengths, batchSize, seed: options.dataSeed ?? seed, epoch }) };
    return known.order;
  };
  const examplesOf = (epoch: number, batch: number): Encoded[] =>
    Array.from(orderOf(epoch)[batch], (position) => data.train[position]);
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  return {
    batchesPerEpoch: Math.ceil(data.train.length / batchSize),
    largest: [{ B: Math.min(batchSize, data.train.length), n: longest }],
    size: (epoch, batch) => lossWeight(task, examplesOf(epoch, batch), classWeights),
    tokens(batch) {
      const positions = orderOf(0)[batch];
      return positions.length * positions.reduce((longest, at) => Math.max(longest, lengths[at]), 0);
    },
    context(epoch, at, { step, lossDivisor }) {
      const batch = collate(examplesOf(epoch, at), padTokenId);
      const strength = strengthAt(plan, step);
      const labelSmoothing = options.labelSmoothingFactor;
      return batchContext(batch, { seed, step, training: true, strength, labelSmoothing, lossDivisor, classWeights });
    },
  };
}
