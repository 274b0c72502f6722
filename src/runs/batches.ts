import { type AttentionPlan, strengthAt } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { collate, type Encoded } from "../data/index.ts";
import type { Bindings } from "../graph/index.ts";
import { DEFAULT_TASK, type TaskName, tasks } from "../tasks/index.ts";
import type { BatchSource, TrainingOptions } from "../training/index.ts";
import { paddedTokens, rowCount, type TrainingExamples } from "./examples.ts";
import { batchContext } from "./forward.ts";
import type { RunSpec } from "./spec.ts";

/** The training examples of a run as batches. */
export interface RunBatches extends BatchSource<BatchContext> {
  /** Bindings of the largest ones. */
  readonly largest: readonly Bindings[];
  /** Padded tokens of the first batch, which must be prepared, and about those of an epoch. */
  tokens(): { readonly batch: number; readonly epoch: number };
}

/**
 * Bindings of the largest batch that so many examples can make; of masked tokens there are at most as many as tokens.
 *
 * A batch of texts in windows is computed in parts, so that it takes no more memory than one of short texts.
 */
export function largestBatch(
  { texts, count, longest }: TrainingExamples,
  batchSize: number,
  name: TaskName,
): Bindings & { readonly B: number } {
  const { averagesWindows, labels } = tasks[name];
  const examples = Math.min(batchSize, count);
  const B = averagesWindows ? Math.max(examples, texts) : labels?.ofPairs ? examples * texts : examples;
  return { B, S: B, n: longest, M: B * longest };
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
  const largest = largestBatch(train, batchSize, name);
  return {
    batchesPerEpoch,
    largest: [largest],
    prepare,
    size: (epoch, batch) => task.lossWeight(collated(epoch, batch), classWeights),
    tokens() {
      const first = examples(0, 0);
      return { batch: paddedTokens(first), epoch: epochTokens() };
    },
    contexts(epoch, at, { step, lossDivisor }) {
      const strength = strengthAt(plan, step);
      const labelSmoothing = options.labelSmoothingFactor;
      const settings = { seed, step, training: true, strength, labelSmoothing, lossDivisor, classWeights };
      return partsOf(collated(epoch, at), largest.B).map((part) => batchContext(collate(part, padTokenId), settings));
    },
  };
}

/** Consecutive examples of at most so many rows together; an example is never parted. */
function partsOf(examples: readonly Encoded[], mostRows: number): Encoded[][] {
  const parts: Encoded[][] = [];
  let rows = Infinity;
  for (const example of examples) {
    const own = rowCount(example);
    if (rows + own > mostRows) {
      parts.push([]);
      rows = 0;
    }
    parts[parts.length - 1].push(example);
    rows += own;
  }
  return parts;
}
