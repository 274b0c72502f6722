import type { Encoded } from "../data/index.ts";
import type { Forward } from "./forward.ts";
import type { MapOfSentence } from "./spec.ts";

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

/** Of the sentence that is shown head by head: so many layers, spread from the first to the last, and so many heads of each. */
const [MOST_LAYERS, MOST_HEADS] = [3, 4];
/** Tokens past these are not kept: the squares would be most of a run's file, and too small to read. */
const MOST_TOKENS = 32;

/**
 * Which heads of an encoder are kept for the report.
 *
 * @param layers - Probabilities of each layer, [H][n][n].
 * @param n - Tokens.
 * @example shownHeads(layersOfBert, 9) // layers 0, 6 and 11, heads 0 to 3
 */
export function shownHeads(layers: readonly Float32Array[], n: number): { readonly layer: number; readonly head: number }[] {
  const last = layers.length - 1;
  const count = Math.min(layers.length, MOST_LAYERS);
  const spread = Array.from({ length: count }, (_, at) => (count === 1 ? last : Math.round((at * last) / (count - 1))));
  return spread.flatMap((layer) =>
    Array.from({ length: Math.min(MOST_HEADS, layers[layer].length / n ** 2) }, (_, head) => ({ layer, head })),
  );
}

/** One head's attention among the first tokens of a sentence, to three digits: what was kept stays above 0. */
export function mapOf(layer: Float32Array, place: Omit<MapOfSentence, "probabilities">): MapOfSentence {
  const n = place.tokens.length;
  const shown = Math.min(n, MOST_TOKENS);
  const probabilities = Array.from({ length: shown }, (_, query) => {
    const start = (place.head * n + query) * n;
    return Array.from(layer.subarray(start, start + shown), (p) => Number(p.toPrecision(3)));
  });
  return { ...place, probabilities };
}
