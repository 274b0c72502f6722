import { studentCdf } from "./quantiles.ts";

/**
 * Two one-sided t tests over seeds: p-value of "the mean difference is at least `margin` on one side", these sentences held fixed.
 *
 * p = max(P(T ≥ (θ + margin) / se), P(T ≥ (margin − θ) / se)), T Student's with S − 1 degrees of freedom, se = s / √S. Below 5 %
 * exactly when the 90 % interval lies inside ± margin. For new sentences too, see `CrossedBootstrap.equivalenceP`.
 *
 * @param perSeed - Paired differences, [S], S at least 2.
 * @param margin - Half-width of equivalence, in their unit.
 * @returns p in [0, 1]; 0 or 1 where all seeds agree.
 * @example equivalenceOverSeeds([0.1, -0.1, 0.2, 0, -0.1], 0.5) // 0.0006
 *
 * Source: Schuirmann 1987; as statsmodels' `ttost_paired`.
 */
export function equivalenceOverSeeds(perSeed: readonly number[], margin: number): number {
  const seeds = perSeed.length;
  const mean = perSeed.reduce((sum, d) => sum + d, 0) / seeds;
  const error = Math.sqrt(perSeed.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (seeds - 1) / seeds);
  const room = margin - Math.abs(mean);
  if (!(error > 0)) return room > 0 ? 0 : 1;
  return studentCdf(-room / error, seeds - 1);
}
