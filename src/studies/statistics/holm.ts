import type { Interval } from "./bootstrap.ts";

/** What Holm's rule needs of a claim: a `CrossedBootstrap` is one. */
export interface HolmClaim {
  interval(level: number): Interval;
  /** Two-sided p-value of "no difference". */
  pValue(): number;
  readonly components: { readonly mean: number };
}

/**
 * Confidence level of each claim's interval under Holm's step-down rule.
 *
 * Claims are taken in order of p-value; the i-th of m (from 1) gets level 1 − α/(m − i + 1). Once an interval holds 0 the
 * rule stops, and every later claim keeps that claim's level: an interval excludes 0 exactly when Holm rejects.
 *
 * @param claims - Those named beforehand.
 * @param alpha - Chance of one or more false alarms in the family; default 0.05.
 * @returns One level a claim, in the order given.
 * @example holmLevels([one], 0.05) // [0.95]
 *
 * Source: Holm 1979, A simple sequentially rejective multiple test procedure.
 */
export function holmLevels(claims: readonly HolmClaim[], alpha = 0.05): number[] {
  const ranked = claims
    .map((claim, at) => ({ claim, at, p: claim.pValue(), size: Math.abs(claim.components.mean) }))
    .sort((a, b) => a.p - b.p || b.size - a.size);
  const levels = new Array<number>(claims.length);
  let stoppedAt: number | null = null;
  ranked.forEach(({ claim, at }, rank) => {
    const level: number = stoppedAt ?? 1 - alpha / (claims.length - rank);
    levels[at] = level;
    const { low, high } = claim.interval(level);
    if (low <= 0 && high >= 0) stoppedAt = level;
  });
  return levels;
}
