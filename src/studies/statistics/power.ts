import type { Components } from "./components.ts";
import { critical, normalCdf } from "./quantiles.ts";
import { logGamma } from "./special-functions.ts";

/** How far the paired differences of one arm spread; `Components` of a study is one. */
export type Spread = Pick<Components, "examples" | "betweenSeeds" | "exampleEffect">;

/** Power that is usually planned for. */
const TARGET = 0.8;

/**
 * Chance that a true mean difference is called *supported*: that its two-sided interval lies above 0.
 *
 * With θ̂ ~ N(θ, σ² / S + e / N) and s² ~ σ² χ²(S−1) / (S−1), power = E over s² of Φ((θ − h) / √(σ² / S + e / N)), where
 * h² = t(S−1)² s² / S + z² e / N is the interval's half-width (`furtherSeeds`). Without an effect of examples, e = 0, that is
 * the power of the t test, by the noncentral t distribution.
 *
 * @param spread - σ²: `betweenSeeds`, e: `exampleEffect`, N: `examples`, all in the unit of the differences.
 * @param seeds - S, at least 2.
 * @param effect - θ, e.g. 0.97 accuracy points.
 * @param level - Of the interval; 1 − 0.05 / m for the first of m claims by Holm, default 0.95.
 * @returns Chance in [0, 1].
 * @example power({ betweenSeeds: 0.25, exampleEffect: 0, examples: 872 }, 5, 0.97) // 0.93
 *
 * Source: as statsmodels' `TTestPower` where e = 0. Checked by simulation: docs/statistics.md.
 */
export function power(spread: Spread, seeds: number, effect: number, level = 0.95): number {
  const ofExamples = spread.exampleEffect / spread.examples;
  const ofSeeds = spread.betweenSeeds / seeds;
  const error = Math.sqrt(ofSeeds + ofExamples);
  if (!(error > 0)) return effect > 0 ? 1 : 0;
  const df = seeds - 1;
  const [t, z] = [critical(level, df), critical(level, Infinity)];
  const logFront = Math.LN2 + (df / 2) * Math.log(df / 2) - logGamma(df / 2);
  // over y = ln(s / σ): the density falls off on both sides, where the trapezoidal rule is exact to rounding
  const [low, high, steps] = [-40 / df - 7 / Math.sqrt(df), 0.5 * Math.log(1 + 80 / df + 13 / Math.sqrt(df)), 400];
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const y = low + i * width;
    const ratio = Math.exp(2 * y);
    const density = Math.exp(logFront + df * y - (df / 2) * ratio);
    const half = Math.sqrt(t * t * ofSeeds * ratio + z * z * ofExamples);
    sum += density * width * normalCdf((effect - half) / error);
  }
  return Math.min(1, sum);
}

/**
 * Fewest seeds with which an effect is found in four of five studies.
 *
 * @param spread - As of `power`.
 * @param effect - True mean difference, above 0.
 * @param options - `level` as of `power`; `target` power, default 0.8.
 * @returns Seeds, at least 2; null when no number of seeds is enough, since the split is too small.
 * @example seedsFor({ betweenSeeds: 0.25, exampleEffect: 0, examples: 872 }, 0.5) // 10
 */
export function seedsFor(
  spread: Spread,
  effect: number,
  { level = 0.95, target = TARGET }: { readonly level?: number; readonly target?: number } = {},
): number | null {
  const most = 1e6;
  const enough = (seeds: number) => power(spread, seeds, effect, level) >= target;
  return enough(most) ? fewest(enough) : null;
}

/**
 * Smallest true difference that is found in four of five studies.
 *
 * @param spread - As of `power`.
 * @param seeds - S, at least 2.
 * @param options - As of `seedsFor`.
 * @returns In the unit of the differences; 0 where nothing spreads.
 */
export function smallestEffect(
  spread: Spread,
  seeds: number,
  { level = 0.95, target = TARGET }: { readonly level?: number; readonly target?: number } = {},
): number {
  const error = Math.sqrt(spread.betweenSeeds / seeds + spread.exampleEffect / spread.examples);
  if (!(error > 0)) return 0;
  let [low, high] = [0, error];
  while (power(spread, seeds, high, level) < target) high *= 2;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (power(spread, seeds, middle, level) < target) low = middle;
    else high = middle;
  }
  return high;
}

/** Smallest whole number from 2 on that is enough, where every larger one is. */
function fewest(enough: (seeds: number) => boolean): number {
  let [low, high] = [1, 2];
  while (!enough(high)) [low, high] = [high, 2 * high];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
