// Numbers as the page writes them.
import { points } from "../../src/studies/index.ts";
import type { Explored } from "../claims/exploratory.ts";

export { points };

const MINUS = "−";

/** `0.0213` → `+0.0213`, in nats. */
export function nats(value: number): string {
  const text = Math.abs(value).toFixed(4);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : "+") + text;
}

export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`;

/** `+0.97 [+0.10, +1.84]` */
export function estimate({ mean, low, high, unit }: Pick<Explored, "mean" | "low" | "high" | "unit">): string {
  const print = unit === "points" ? points : nats;
  return `${print(mean)} [${print(low)}, ${print(high)}]`;
}

/** Of duration, `2.5 h`. */
export const hours = (seconds: number): string => `${(seconds / 3600).toFixed(1)} h`;

/** A table of Markdown; no lines where it has no rows. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0
    ? []
    : [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows.map((row) => `| ${row.join(" | ")} |`)];
