import { type AttentionPlan, flopsPerExample, type OfferedBlocks, offeredBlocks } from "../../attention/index.ts";
import { type EncoderConfig, families, visibilityOf } from "../../models/index.ts";

/** Sparse attention that would be faster than the dense one that was asked for, on a CPU. */
export interface FasterAttention extends OfferedBlocks {
  /** Tokens of the longest text. */
  readonly length: number;
  /** How many times as fast the whole model would be, by the share of operations that attention's scores and sums are. */
  readonly timesInAll: number;
}

/**
 * What `offeredBlocks` has for an encoder and its longest text, and what that means for a whole update.
 *
 * @returns Undefined where nothing is gained.
 */
export function fasterAttention(plan: AttentionPlan, config: EncoderConfig, length: number): FasterAttention | undefined {
  const { hiddenSize, intermediateSize, layers, heads, family } = config;
  const visibility = (layer: number) => visibilityOf(config, layer);
  const biased = families[family].biasesScores?.(config);
  const offered = offeredBlocks(plan, { layers, heads, length, onCpu: true, biased, visibility });
  if (!offered) return undefined;
  const { core, layer } = flopsPerExample({ hiddenSize, intermediateSize, layers, length, gated: families[family].gated });
  return { ...offered, length, timesInAll: 1 / (1 - core / layer + core / layer / offered.times) };
}
