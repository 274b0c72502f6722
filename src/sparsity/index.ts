export {
  backwardFlopsPerExample,
  countPairs,
  effectiveSparsity,
  type Flops,
  type FlopsOptions,
  flopsPerExample,
  type PairCounts,
} from "./accounting.ts";
export type { BatchContext } from "./batch-context.ts";
export { type BlockOptions, block } from "./block.ts";
export { anyOf, inOrder } from "./compose.ts";
export { dense } from "./dense.ts";
export { type GlobalOptions, global, globalTokens } from "./global.ts";
export { type HeadsOptions, heads, removedHeads } from "./heads.ts";
export { keptKeys } from "./kept-keys.ts";
export { keptOfGroup, type NOfMOptions, nOfM } from "./n-of-m.ts";
export { parsePattern } from "./parse-pattern.ts";
export type { GraphView, HeadView, Pattern } from "./pattern.ts";
export type { PatternParameters } from "./pattern-id.ts";
export { type AttentionPlan, checkPlan, planKeep, planMask, strengthAt } from "./plan.ts";
export { type PresetName, presetSparsities, presets } from "./presets.ts";
export { random } from "./random.ts";
export type { RankOptions } from "./ranked-keys.ts";
export { combinators, type PatternEntry, patterns } from "./registry.ts";
export { slidingWindow, type WindowOptions, windowRadius } from "./sliding-window.ts";
export { type StridedOptions, strided, stridedBy } from "./strided.ts";
export { threshold } from "./threshold.ts";
export { topK } from "./top-k.ts";
