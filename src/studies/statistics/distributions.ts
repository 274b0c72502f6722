import { normalCdf } from "./quantiles.ts";
import { incompleteBeta, upperGamma } from "./special-functions.ts";

/** P(X ≥ x) for a chi-squared X with `df` degrees of freedom. */
export const chiSquaredTail = (x: number, df: number): number => upperGamma(df / 2, x / 2);

/** The x with P(X ≥ x) = `tail`, see `chiSquaredTail`. */
export function chiSquaredQuantile(tail: number, df: number): number {
  let [low, high] = [0, df];
  while (chiSquaredTail(high, df) > tail) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (chiSquaredTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(F ≥ f) for Fisher's F with `df1` and `df2` degrees of freedom. */
export const fisherTail = (f: number, df1: number, df2: number): number =>
  f <= 0 ? 1 : incompleteBeta(df2 / 2, df1 / 2, df2 / (df2 + df1 * f));

/** P(X ≤ k) for the number X of heads in n throws of a fair coin; k from 0 to n. */
export const fairCoinCdf = (k: number, n: number): number => (k >= n ? 1 : incompleteBeta(n - k, k + 1, 0.5));

/**
 * P(Q ≥ q) for the range Q of k independent standard normal values: the studentized range with infinite degrees of freedom.
 *
 * 1 − k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz, by the trapezoidal rule, which is exact to rounding for so smooth an integrand.
 *
 * @example studentizedRangeTail(3.314, 3) // 0.05
 */
export function studentizedRangeTail(q: number, k: number): number {
  if (q <= 0) return 1;
  const [low, high, steps] = [-9, 9, 720];
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = low + i * width;
    sum += Math.exp((-z * z) / 2) * (normalCdf(z) - normalCdf(z - q)) ** (k - 1);
  }
  return Math.max(0, 1 - (k * width * sum) / Math.sqrt(2 * Math.PI));
}

/** The q with P(Q ≥ q) = `tail`, see `studentizedRangeTail`. */
export function studentizedRangeQuantile(tail: number, k: number): number {
  let [low, high] = [0, 40];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentizedRangeTail(middle, k) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
