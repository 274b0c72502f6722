import { studentCdf, studentQuantile } from "./quantiles.ts";

/** Confidence levels at one look: of the claims' family (95 % over all looks) and of "no difference" (90 %). */
export interface LookLevels {
  readonly level95: number;
  readonly level90: number;
}

/**
 * Confidence levels for a planned look at the results, so that all looks together keep the promised error rate.
 *
 * O'Brien–Fleming-like spending, α(t) = 2 − 2Φ(z / √t) at the share t of the planned seeds. Each look may use what α grew
 * by since the look before; the sum bound makes that valid for any dependence between looks, at the price of a little power.
 *
 * @param looks - Planned numbers of seeds, ascending, e.g. `[5, 10, 20]`; a single entry is a study without interim looks.
 * @param seeds - Seeds there are now.
 * @returns The levels, or null when no look was planned at this number of seeds.
 * @example levelsAt([5], 5) // { level95: 0.95, level90: 0.9 }
 *
 * Source: Lan and DeMets 1983. We differ by the sum bound in place of their recursive integral.
 */
export function levelsAt(looks: readonly number[], seeds: number): LookLevels | null {
  const at = looks.indexOf(seeds);
  if (at < 0) return null;
  const planned = looks[looks.length - 1];
  const before = at === 0 ? 0 : looks[at - 1] / planned;
  const level = (alpha: number) => 1 - (spent(alpha, seeds / planned) - spent(alpha, before));
  return { level95: level(0.05), level90: level(0.1) };
}

function spent(alpha: number, share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return alpha;
  return 2 - 2 * studentCdf(studentQuantile(1 - alpha / 2, Infinity) / Math.sqrt(share), Infinity);
}
