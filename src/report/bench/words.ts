import type { BenchResults, SweepSeries } from "../../bench/index.ts";
import { count } from "../format.ts";

export const times = (speedup: number): string => `${speedup < 10 ? speedup.toFixed(2) : speedup.toFixed(1)}×`;

/** Where a pattern pays, or that it does not, in one sentence. */
export function paysSentence({ pattern, points, breakEven }: SweepSeries): string {
  const best = points.reduce((a, b) => (b.speedup > a.speedup ? b : a));
  const [first, last] = [points[0].length, points[points.length - 1].length];
  if (first === last) {
    const pays = breakEven === null ? "does not pay" : "pays";
    return `${pattern} ${pays} at ${count(first)} tokens, the only length measured: ${times(best.speedup)}.`;
  }
  const range = `${count(first)} to ${count(last)} tokens`;
  const most = `${times(best.speedup)} at ${count(best.length)}`;
  if (breakEven === null)
    return `${pattern} does not pay: at ${range} it is ${most} at best, and dense is faster at ${count(last)}.`;
  if (breakEven === first) return `${pattern} pays at every length measured, ${range}: ${most} at best.`;
  return `${pattern} pays from about ${count(breakEven)} tokens on: ${most} at best.`;
}

/** In a table: `730`, `≤128` where it pays at every length measured, `>4096` where it does not at the longest. */
export function paysFrom({ points, breakEven }: SweepSeries): string {
  if (breakEven === null) return `>${points[points.length - 1].length}`;
  return breakEven === points[0].length ? `≤${breakEven}` : `${breakEven}`;
}

/** Below it a core lost by more than the noise of a busy machine. */
const CLEAR_LOSS = 0.9;

/** Lengths at which `auto` takes the slower way by more than noise, each in a sentence. */
export const wrongChoices = ({ series }: Pick<BenchResults, "series">): string[] =>
  series.flatMap(({ pattern, core, points }) =>
    points.flatMap(({ length, speedup, auto }) => {
      if (auto === null || (auto === core ? speedup >= CLEAR_LOSS : speedup <= 1 / CLEAR_LOSS)) return [];
      const measured = `${core} is ${times(speedup)} as fast as dense`;
      return [`${pattern} at ${count(length)} tokens: auto takes ${auto}, and ${measured} here`];
    }),
  );

/** What computed, in one line. */
export const machineLine = ({ cpu, threads, runtime, node, features }: BenchResults): string =>
  [cpu, `${threads} ${threads === 1 ? "thread" : "threads"}`, features, runtime, `Node ${node}`].filter(Boolean).join(" · ");
