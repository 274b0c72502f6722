import { expectedGot } from "../../errors/index.ts";
import { dense } from "./dense.ts";
import { unknownPattern } from "./parse-pattern.ts";
import type { Pattern } from "./pattern.ts";
import { patterns } from "./registry.ts";

/**
 * Nominal sparsities of the paper's four arms.
 *
 * Only 0 and 0.8 come from the paper (arXiv 2508.06016), as far as we know it; 0.4 and 0.6 are our guess at the two in between.
 */
export const presetSparsities = { dense: 0, light_sparse: 0.4, moderate_sparse: 0.6, aggressive_sparse: 0.8 } as const;

export type PresetName = keyof typeof presetSparsities;

/**
 * The four arms with a pattern of one's choice.
 *
 * @param patternName - A name of the registry whose pattern takes a sparsity; default `topK`.
 * @returns A pattern an arm, dense first.
 * @throws `pattern/unknown`; `pattern/bad-parameter` where the pattern takes no sparsity.
 * @example
 * presets("slidingWindow").light_sparse.id; // "slidingWindow(sparsity=0.4)"
 */
export function presets(patternName = "topK"): Readonly<Record<PresetName, Pattern>> {
  if (!Object.hasOwn(patterns, patternName)) throw unknownPattern(patternName);
  const { ofSparsity } = patterns[patternName];
  if (!ofSparsity) {
    const able = Object.keys(patterns).filter((name) => patterns[name].ofSparsity);
    throw expectedGot("pattern/bad-parameter", "presets", `a pattern that takes a sparsity (${able.join(", ")})`, patternName);
  }
  return {
    dense: dense(),
    light_sparse: ofSparsity(presetSparsities.light_sparse),
    moderate_sparse: ofSparsity(presetSparsities.moderate_sparse),
    aggressive_sparse: ofSparsity(presetSparsities.aggressive_sparse),
  };
}
