import type { BatchSource } from "./loop.ts";
import type { TrainingState } from "./state.ts";
import type { StepContext, TrainStep } from "./train-step.ts";

/** What a run will take, measured on one of its own batches. */
export interface Estimate {
  /** Of training alone. */
  readonly seconds: number;
}

export interface EstimateOptions<Context extends StepContext> {
  readonly step: TrainStep<Context>;
  readonly batches: BatchSource<Context>;
  /** Padded tokens of a batch of the first epoch. */
  readonly tokens: (batch: number) => number;
  /** Updates an epoch, and those that are left. */
  readonly updates: { readonly perEpoch: number; readonly left: number };
}

/** Elements on which AdamW is timed: past every cache. */
const ADAMW_SAMPLE = 2 ** 20;

/**
 * Estimate a run from its first batch: computed twice, without an update, so that nothing changes.
 *
 *     seconds = updates left · (time of the batch / its padded tokens · padded tokens of an epoch / updates an epoch + time of AdamW)
 *
 * The first pass pays for memory that all later ones find. AdamW is timed on scratch memory.
 */
export async function estimate<Context extends StepContext>({
  step,
  batches,
  tokens,
  updates,
}: EstimateOptions<Context>): Promise<Estimate> {
  const settings = { step: 0, lossDivisor: batches.size(0, 0) };
  const pass = (): Promise<number> => step.run([batches.context(0, 0, settings)], { seed: 0, step: 0 });
  await pass();
  const started = performance.now();
  await pass();
  const seconds = (performance.now() - started) / 1000;
  const epoch = Array.from({ length: batches.batchesPerEpoch }, (_, batch) => tokens(batch)).reduce((a, b) => a + b, 0);
  return { seconds: updates.left * ((seconds / tokens(0)) * (epoch / updates.perEpoch) + adamwSeconds(step.state)) };
}

function adamwSeconds({ arena, kernels, trained }: TrainingState): number {
  const total = trained.reduce((sum, { value }) => sum + value.array.length, 0);
  const count = Math.min(ADAMW_SAMPLE, Math.floor(total / 4));
  if (count === 0) return 0;
  const mark = arena.mark();
  const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) => arena.allocateF32(name, count).pointer);
  const settings = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 0 };
  const run = (): void => kernels.adamw({ param, grad, m, v, count }, settings);
  run();
  const started = performance.now();
  run();
  const seconds = (performance.now() - started) / 1000;
  arena.release(mark);
  return (seconds / count) * total;
}
