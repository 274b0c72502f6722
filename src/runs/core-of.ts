import { type AttentionPlan, type CoreChoice, chooseCore } from "../attention/index.ts";
import { type EncoderConfig, families, visibilityOf } from "../models/index.ts";
import type { Runtime } from "../runtime/index.ts";

/**
 * The core that computes a plan in an encoder: see `chooseCore`.
 *
 * @param longest - Tokens of the longest text.
 */
export const coreOf = (plan: AttentionPlan, config: EncoderConfig, { memory }: Runtime, longest: number): CoreChoice =>
  chooseCore(plan, {
    layers: config.layers,
    heads: config.heads,
    length: longest,
    onCpu: memory === undefined,
    biased: families[config.family].biasesScores?.(config),
    visibility: (layer) => visibilityOf(config, layer),
  });
