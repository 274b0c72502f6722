import type { BatchSource } from "./loop.ts";
import type { StepContext, TrainStep } from "./train-step.ts";

/** What a run will take, measured on one of its own batches. */
export interface Estimate {
  /** Of training alone. */
  readonly seconds: number;
}

/**
 * Estimate a run from its first batch: computed twice, without an update, so that nothing changes.
 *
 * `seconds = time of the second pass / its padded tokens · padded tokens of an epoch · epochs`. The first pass pays for memory that all
 * later ones find. Optimiser time counts as a batch's.
 *
 * @param tokens - Padded tokens of a batch of the first epoch.
 * @param updates - Updates an epoch and in all.
 */
export async function estimate<Context extends StepContext>(
  step: TrainStep<Context>,
  batches: BatchSource<Context>,
  tokens: (batch: number) => number,
  updates: { readonly perEpoch: number; readonly total: number },
): Promise<Estimate> {
  const settings = { step: 0, lossDivisor: batches.size(0, 0) };
  const time = async (): Promise<number> => {
    const started = performance.now();
    await step.run([batches.context(0, 0, settings)], { seed: 0, step: 0 });
    return (performance.now() - started) / 1000;
  };
  await time();
  const seconds = await time();
  const epoch = Array.from({ length: batches.batchesPerEpoch }, (_, batch) => tokens(batch)).reduce((a, b) => a + b, 0);
  return { seconds: (seconds / tokens(0)) * epoch * (updates.total / updates.perEpoch) };
}
