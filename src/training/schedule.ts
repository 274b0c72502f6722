import type { TrainingOptions } from "./options.ts";

/** Updates of warm-up: below 1 a share of all, rounded up; otherwise a number, rounded down. Both as transformers does. */
export const warmupUpdates = (warmupSteps: number, totalSteps: number): number =>
  warmupSteps < 1 ? Math.ceil(warmupSteps * totalSteps) : Math.floor(warmupSteps);

/**
 * Learning rate of an update.
 *
 *     step < w: peak · step / max(1, w)        else: peak · max(0, (total − step) / max(1, total − w))
 *
 * with w updates of warm-up; `constant` stays at the peak after them (transformers' `constant` has no warm-up; this is its
 * `constant_with_warmup`).
 *
 * @param step - Updates done before this one, from 0; so the first update of a warm-up has rate 0, as in transformers.
 * @see `get_linear_schedule_with_warmup` of transformers.
 * @example
 * learningRateAt({ learningRate: 1, warmupSteps: 2, lrSchedulerType: "linear" }, 1, 10); // 0.5
 */
export function learningRateAt(
  { learningRate, warmupSteps, lrSchedulerType }: Pick<TrainingOptions, "learningRate" | "warmupSteps" | "lrSchedulerType">,
  step: number,
  totalSteps: number,
): number {
  const warmup = warmupUpdates(warmupSteps, totalSteps);
  if (step < warmup) return learningRate * (step / Math.max(1, warmup));
  if (lrSchedulerType === "constant") return learningRate;
  return learningRate * Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmup));
}
