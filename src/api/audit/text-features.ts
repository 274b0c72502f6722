import { dense } from "../../attention/index.ts";
import type { Encoded } from "../../data/index.ts";
import { type StoredModel, weightsFrom, withLabels } from "../../models/index.ts";
import { createForward, onItsDevice, weightTensors } from "../../runs/index.ts";
import type { Runtime } from "../../runtime/index.ts";

/** Texts between two words about how far it is. */
const PIECE = 1024;

/**
 * What an encoder that was trained for nothing yet says of texts: the mean of the hidden states of a text's tokens, divided by its length.
 *
 * @param onProgress - Told how many texts are done.
 * @returns [texts][D], vectors of length 1.
 * @throws As `weightsFrom`.
 */
export async function textFeatures(
  stored: StoredModel,
  texts: readonly Encoded[],
  {
    runtime,
    padTokenId,
    batchSize,
    onProgress,
  }: {
    readonly runtime: Runtime;
    readonly padTokenId: number;
    readonly batchSize: number;
    readonly onProgress?: (done: number) => void;
  },
): Promise<readonly Float32Array[]> {
  const config = withLabels(stored.config, [], "embedding");
  const { weights } = weightsFrom(config, stored, { seed: 0, where: stored.weightsFile });
  const parameters = await onItsDevice(runtime, weightTensors(config, weights));
  const settings = { runtime, config, plan: { pattern: dense() }, parameters: () => parameters, padTokenId, batchSize, seed: 0 };
  const forward = await createForward(settings);
  try {
    const features: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += PIECE) {
      const { probabilities } = await forward.evaluate(texts.slice(at, at + PIECE));
      for (const row of probabilities) features.push(Float32Array.from(row));
      onProgress?.(features.length);
    }
    return features;
  } finally {
    await forward.release();
  }
}
