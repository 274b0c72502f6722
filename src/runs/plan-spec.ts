import { type AttentionPlan, parsePattern } from "../attention/index.ts";
import { expectedGot } from "../errors/index.ts";
import type { PlanSpec } from "./spec.ts";

/** The plan behind its stored form. */
export const planOf = ({ pattern, ...where }: PlanSpec): AttentionPlan => ({ pattern: parsePattern(pattern), ...where });

/** The stored form of a plan. @throws `pattern/bad-plan` for one without a pattern. */
export function specOf({ pattern, ...where }: AttentionPlan): PlanSpec {
  if (typeof pattern?.id === "string") return { pattern: pattern.id, ...where };
  throw expectedGot("pattern/bad-plan", "attention", "a pattern, such as topK({ sparsity: 0.8 })", pattern);
}
