import { incompleteBeta, upperGamma } from "./special-functions.ts";

/** P(Z ≤ z) for a standard normal Z; small tails keep their digits. */
export function normalCdf(z: number): number {
  const tail = 0.5 * upperGamma(0.5, (z * z) / 2);
  return z > 0 ? 1 - tail : tail;
}

/** P(T ≤ t) for Student's t with `df` degrees of freedom; `df = Infinity` is the normal distribution. */
export function studentCdf(t: number, df: number): number {
  if (df === Infinity) return normalCdf(t);
  // Past a million degrees the two distributions agree to about 1e-7, and the continued fraction would crawl.
  const n = Math.min(df, 1e6);
  const tail = 0.5 * incompleteBeta(n / 2, 0.5, n / (n + t * t));
  return t > 0 ? 1 - tail : tail;
}

/**
 * The t with P(T ≤ t) = p: Student's t quantile by bisection, to about 1e-9 relative.
 *
 * @param p - Probability in (0, 1).
 * @param df - Degrees of freedom, at least 1; `Infinity` gives the normal quantile.
 * @example studentQuantile(0.975, 4) // 2.776
 */
export function studentQuantile(p: number, df: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, df);
  let high = 1;
  while (studentCdf(high, df) < p && high < 1e12) high *= 2;
  let low = 0;
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, df) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Two-sided multiplier of a standard error: `critical(0.95, Infinity)` is 1.96, `critical(0.95, 4)` is 2.776. */
export const critical = (level: number, df: number): number => studentQuantile((1 + level) / 2, df);

/** Quantile of ascending values, linear between order statistics (NumPy's default, Hyndman and Fan type 7). */
export function sortedQuantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
