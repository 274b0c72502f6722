import type { BatchSource } from "./loop.ts";
import type { StepContext, TrainStep } from "./step/train-step.ts";

/** What a run will take, measured on one of its own batches. */
export interface Estimate {
  /** Of training alone. */
  readonly seconds: number;
}

export interface EstimateOptions<Context extends StepContext> {
  readonly step: TrainStep<Context>;
  readonly batches: BatchSource<Context>;
  /** Padded tokens of the first batch, and of an epoch; called when the first batch is prepared. */
  readonly tokens: () => { readonly batch: number; readonly epoch: number };
  /** Updates an epoch, and those that are left. */
  readonly updates: { readonly perEpoch: number; readonly left: number };
}

/**
 * Estimate a run from its first batch: computed twice, without an update, so that nothing changes.
 *
 *     seconds = updates left · (time of the batch / its padded tokens · padded tokens of an epoch / updates an epoch + time of the update itself)
 *
 * The first pass pays for memory that all later ones find.
 */
export async function estimate<Context extends StepContext>({
  step,
  batches,
  tokens,
  updates,
}: EstimateOptions<Context>): Promise<Estimate> {
  await batches.prepare?.(0, 0);
  const settings = { step: 0, lossDivisor: batches.size(0, 0) };
  const pass = (): Promise<number> => step.run(batches.contexts(0, 0, settings), { seed: 0, step: 0 });
  await pass();
  const started = performance.now();
  await pass();
  const seconds = (performance.now() - started) / 1000;
  const { batch, epoch } = tokens();
  return { seconds: updates.left * ((seconds / batch) * (epoch / updates.perEpoch) + (await step.state.updateSeconds())) };
}
