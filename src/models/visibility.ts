import { type Visibility, visibility } from "../attention/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";

/** Which pairs an encoder lets meet in a layer: as its family says, otherwise all of real tokens. */
export const visibilityOf = (config: EncoderConfig, layer: number): Visibility =>
  families[config.family].visibility?.(config, layer) ?? visibility();

/**
 * Pairs of real queries and keys that the model itself lets meet in a text, over all layers and heads: what a plan's kept pairs are a
 * share of.
 *
 * @param length - n, real tokens of the text, special tokens included.
 * @example
 * validPairs(bertBase, 10); // 10² · 12 heads · 12 layers = 14,400
 */
export function validPairs(config: EncoderConfig, length: number): number {
  let pairs = 0;
  for (let layer = 0; layer < config.layers; layer++) pairs += visibilityOf(config, layer).pairs(length);
  return pairs * config.heads;
}
