import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";
import type { MeanPooled } from "./families/family.ts";

export type { MeanPooled };

/**
 * The encoder whose head reads the mean of all tokens: see `Family.meanPooled`.
 *
 * @param weights - Of the encoder, by Hugging Face name; not changed.
 * @returns Undefined where the family has no such form.
 * @example
 * const pooled = meanPooled(config, weights); // BERT: one more layer
 */
export function meanPooled(config: EncoderConfig, weights: ReadonlyMap<string, Float32Array>): MeanPooled | undefined {
  const pooled = families[config.family].meanPooled?.(config);
  return pooled && { config: pooled.config, values: new Map([...weights, ...pooled.values]) };
}
