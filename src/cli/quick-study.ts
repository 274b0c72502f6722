import { loadModelFolder } from "../models/index-node.ts";
import { rateFor } from "../recipes/index.ts";
import type { TrainingOptions } from "../training/index.ts";

/** A first look at a study: of these many rows, and long enough that an encoder learns something of them. */
export const QUICK = { seeds: [1, 2], rows: 2000, updates: 150 } as const;

/**
 * What of a first look's training was not typed: at least 150 updates, at a rate that fits the encoder.
 *
 * @param given - API names of the options that were typed.
 * @param data.rows - Training rows.
 * @param data.folder - Of the model.
 */
export function quickOptions(
  options: Pick<TrainingOptions, "perDeviceTrainBatchSize" | "gradientAccumulationSteps">,
  given: ReadonlySet<string>,
  { rows, folder }: { readonly rows: number; readonly folder: string },
): Partial<TrainingOptions> {
  const { perDeviceTrainBatchSize: batch, gradientAccumulationSteps: batches } = options;
  const epochs = Math.max(1, Math.ceil((QUICK.updates * batch * batches) / rows));
  const steps = given.has("numTrainEpochs") || given.has("maxSteps");
  return {
    ...(!steps && { numTrainEpochs: epochs }),
    ...(!given.has("learningRate") && { learningRate: rateFor(loadModelFolder(folder).config) }),
  };
}
