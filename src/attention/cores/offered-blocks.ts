import { block } from "../patterns/block.ts";
import { type AttentionPlan, isDense } from "../plan.ts";
import { type CoreSizes, chooseCore } from "./choose-core.ts";

/** A sparse pattern that would be faster than dense attention. */
export interface OfferedBlocks {
  /** Id of the pattern. */
  readonly pattern: string;
  /** How many times as fast its attention is expected to be, projections left out. */
  readonly times: number;
}

/** Blocks of 128, since smaller ones cost more than they save up to thousands of tokens. */
const OFFERED = block({ sparsity: 0.8, size: 128 });
/** In shorter texts attention is a small part of a layer. */
const LEAST_LENGTH = 512;
/** Less is not worth another model. */
const LEAST_TIMES = 1.2;

/**
 * The block pattern that is worth a try where dense attention is trained on long texts: never taken by itself, as it is another model.
 *
 * @returns Undefined where nothing is gained: by the figures of `chooseCore`, which are a CPU's.
 * @example
 * offeredBlocks({ pattern: dense() }, { layers: 6, heads: 12, length: 512, onCpu: true, visibility }); // times about 1.5
 */
export function offeredBlocks(plan: AttentionPlan, sizes: CoreSizes): OfferedBlocks | undefined {
  if (!isDense(plan) || sizes.length < LEAST_LENGTH) return undefined;
  // an encoder with windows of its own is computed by blocks already
  const { times: own = 1 } = chooseCore(plan, sizes);
  const times = (chooseCore({ pattern: OFFERED }, sizes).times ?? 1) / own;
  return times < LEAST_TIMES ? undefined : { pattern: OFFERED.id, times };
}
