export {
  backwardFlopsPerExample,
  countPairs,
  effectiveSparsity,
  type Flops,
  type FlopsOptions,
  flopsPerExample,
  type PairCounts,
} from "./accounting.ts";
export { type CoreChoice, type CoreSizes, chooseCore } from "./cores/choose-core.ts";
export type { AttentionCore, CoreNodes, CoreView } from "./cores/core.ts";
export { cores } from "./cores/cores.ts";
export { gathered } from "./cores/gathered.ts";
export { masked, portable } from "./cores/masked.ts";
export { type OfferedBlocks, offeredBlocks } from "./cores/offered-blocks.ts";
export { dropouts } from "./dropouts/dropouts.ts";
export type { Normaliser } from "./normalisers/normaliser.ts";
export { isSoftmax, normalisers } from "./normalisers/normalisers.ts";
export { type BlockOptions, block } from "./patterns/block.ts";
export { bottomK } from "./patterns/bottom-k.ts";
export { anyOf, inOrder } from "./patterns/compose.ts";
export { dense } from "./patterns/dense.ts";
export { type GlobalOptions, global, globalTokens } from "./patterns/global.ts";
export { type HeadsOptions, heads, removedHeads } from "./patterns/heads.ts";
export { keptOfGroup, type NOfMOptions, nOfM } from "./patterns/n-of-m.ts";
export { parsePattern } from "./patterns/parse-pattern.ts";
export { keptKeys } from "./patterns/parts/kept-keys.ts";
export type { RankOptions } from "./patterns/parts/ranked-keys.ts";
export type { GraphView, HeadView, KeyBlocks, Pattern } from "./patterns/pattern.ts";
export type { PatternParameters } from "./patterns/pattern-id.ts";
export { type PresetName, presetSparsities, presets } from "./patterns/presets.ts";
export { random } from "./patterns/random.ts";
export { combinators, type PatternEntry, patterns } from "./patterns/registry.ts";
export { slidingWindow, type WindowOptions, windowRadius } from "./patterns/sliding-window.ts";
export { type StridedOptions, strided, stridedBy } from "./patterns/strided.ts";
export { threshold } from "./patterns/threshold.ts";
export { topK } from "./patterns/top-k.ts";
export { topP } from "./patterns/top-p.ts";
export { type AttentionPlan, checkPlan, isDense, planBlocks, planKeep, planMask, strengthAt } from "./plan.ts";
export { type MakeInput, type Visibility, validQueries, visibility } from "./visibility.ts";
