import { isDense, type Pattern } from "../../attention/index.ts";
import type { PlanSpec } from "../../runs/index.ts";
import type { Arm } from "../definition.ts";

/**
 * Arms of a study from named patterns, e.g. `presets("topK")`.
 *
 * @param where - Layers, heads and ramp of every sparse one.
 */
export function arms(patterns: Readonly<Record<string, Pattern>>, where: Omit<PlanSpec, "pattern"> = {}): Arm[] {
  return Object.entries(patterns).map(([name, { id, nominalSparsity }]) => ({
    name,
    plan: isDense({ pattern: id }) ? { pattern: id } : { pattern: id, ...where },
    nominalSparsity: nominalSparsity ?? 0,
  }));
}
