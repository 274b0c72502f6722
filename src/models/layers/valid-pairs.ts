import type { EncoderConfig } from "../config/encoder-config.ts";

/** Tokens to either side that a layer sees, by the model's own rule; undefined where it sees all. */
export const windowOf = ({ modern }: EncoderConfig, layer: number): number | undefined =>
  modern && !modern.globalLayers[layer] ? modern.windowRadius : undefined;

/**
 * Pairs of real queries and keys that the model itself lets meet in a text, over all layers and heads: what a plan's kept pairs are a
 * share of.
 *
 * A layer that sees all n tokens has n² pairs a head, one with a window of r tokens to either side n (2r + 1) − r (r + 1).
 *
 * @param length - n, real tokens of the text, special tokens included.
 * @example
 * validPairs(bertBase, 10); // 10² · 12 heads · 12 layers = 14,400
 */
export function validPairs(config: EncoderConfig, length: number): number {
  let pairs = 0;
  for (let layer = 0; layer < config.layers; layer++) {
    const radius = Math.min(windowOf(config, layer) ?? Infinity, Math.max(0, length - 1));
    pairs += length * (2 * radius + 1) - radius * (radius + 1);
  }
  return pairs * config.heads;
}
