import { snakeCase } from "../training/index.ts";
import type { Arm } from "./definition.ts";

/**
 * What makes an arm, for people: its pattern, and what else is not as it is for the others.
 *
 * @example
 * armText({ name: "decay", plan: { pattern: "dense" }, options: { weightDecay: 0.1 }, nominalSparsity: 0 }); // "dense, weight_decay=0.1"
 */
export function armText({ plan: { pattern, normaliser, dropout, layers, heads, rampSteps }, options = {} }: Arm): string {
  const where = { normaliser, dropout, layers: layers?.join("+"), heads: heads?.join("+"), rampSteps };
  const others = [
    ...Object.entries(where),
    ...Object.entries(options).map(([name, value]) => [snakeCase(name), value] as const),
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return [pattern, ...others].join(", ");
}
