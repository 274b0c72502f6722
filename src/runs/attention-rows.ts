import type { Encoded } from "../data/index.ts";
import type { Forward } from "./forward.ts";

/**
 * Attention of one example in the last layer, averaged over its heads.
 *
 * @returns [n] rows of [n]: of the token that asks, over those it looks at. Null where attention is computed without such a matrix.
 */
export async function attentionRows(forward: Forward, example: Encoded): Promise<Float32Array[] | null> {
  const [probabilities] = await forward.attention(example, "last");
  if (!probabilities) return null;
  const n = example.inputIds.length;
  const heads = probabilities.length / (n * n);
  return Array.from({ length: n }, (_, query) => {
    const mean = new Float32Array(n);
    for (let head = 0; head < heads; head++) {
      const start = (head * n + query) * n;
      for (let key = 0; key < n; key++) mean[key] += probabilities[start + key] / heads;
    }
    return mean;
  });
}
