import { type AttentionPlan, parsePattern } from "../attention/index.ts";
import type { PlanSpec } from "./spec.ts";

/** The plan behind its stored form. */
export const planOf = ({ pattern, ...where }: PlanSpec): AttentionPlan => ({ pattern: parsePattern(pattern), ...where });

/** The stored form of a plan. */
export const specOf = ({ pattern, ...where }: AttentionPlan): PlanSpec => ({ pattern: pattern.id, ...where });
