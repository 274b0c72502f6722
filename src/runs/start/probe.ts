import { collate, type Encoded, evaluationOrder, meanOfWindows, tokenCounts, windowRows } from "../../data/index.ts";
import { centredRegression } from "../../linear/index.ts";
import { buildModel, type EncoderConfig, families } from "../../models/index.ts";
import type { Tensor } from "../../runtime/index.ts";
import { batchContext, checkFinite, type ForwardOptions, fillInputs } from "../forward.ts";

/**
 * What the last linear layer of a classifier reads of each example, without dropout: [examples][D].
 *
 * Of a text in several windows it is the mean of theirs: a linear layer makes of it the mean of their logits.
 *
 * @param signal - Looked at before each batch; @throws its reason; `model/not-finite`.
 */
export async function featuresOf(
  asked: readonly Encoded[],
  { runtime, config, plan, parameters, seed, batchSize, padTokenId }: ForwardOptions,
  signal?: AbortSignal,
): Promise<readonly Float32Array[]> {
  const graph = buildModel(config, { plan, training: false });
  const { features, inputs } = graph;
  const session = await runtime.compile({ features });
  try {
    const wanted = new Set(session.inputs.map(({ name }) => name));
    const settings = { seed, step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 };
    const { rows: examples, exampleOf } = windowRows(asked);
    const rows: Float32Array[] = new Array(examples.length);
    for (const positions of evaluationOrder({ lengths: tokenCounts(examples), batchSize })) {
      signal?.throwIfAborted();
      const batch = collate(
        Array.from(positions, (at) => examples[at]),
        padTokenId,
      );
      const known = Object.entries(parameters()).filter(([name]) => wanted.has(name));
      const feeds: Record<string, Tensor> = Object.fromEntries(known);
      const out = await session.run({ ...feeds, ...fillInputs({ inputs }, batchContext(batch, settings), wanted) });
      const { hiddenSize: D } = config;
      const data = out.features.data as Float32Array;
      positions.forEach((at, row) => {
        rows[at] = data.slice(row * D, (row + 1) * D);
        checkFinite(rows[at], "features", `example ${exampleOf[at] + 1}`);
      });
    }
    return examples.length === asked.length ? rows : meanOfWindows(rows, exampleOf).map((row) => Float32Array.from(row));
  } finally {
    await session.release();
  }
}

/** The last linear layer of a classifier as the logistic regression of its features: values by parameter name. */
export function probedHead(
  { family, numLabels }: EncoderConfig,
  features: readonly Float32Array[],
  labels: readonly number[],
  classWeights?: readonly number[],
): ReadonlyMap<string, Float32Array> {
  const { weight, bias } = centredRegression(features, labels, numLabels, { classWeights });
  const { classifier } = families[family];
  return new Map([
    [`${classifier}.weight`, Float32Array.from(weight)],
    [`${classifier}.bias`, Float32Array.from(bias)],
  ]);
}
