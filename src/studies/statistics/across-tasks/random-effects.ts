import { expectedGot } from "../../../errors/index.ts";
import { chiSquaredQuantile, chiSquaredTail } from "../distributions.ts";
import { critical, normalCdf, studentCdf } from "../quantiles.ts";
import { ZONE } from "../verdict.ts";

/** An arm's difference to the baseline on one task. */
export interface TaskEffect {
  readonly mean: number;
  readonly standardError: number;
}

export interface MeanEffect {
  readonly mean: number;
  readonly standardError: number;
  /** 95 % interval of the mean effect over tasks like these. */
  readonly low: number;
  readonly high: number;
  /** Standard deviation of the true effects from task to task. */
  readonly betweenTasks: number;
  /** Of "the effect is the same on all tasks" (Cochran's Q). */
  readonly homogeneityP: number;
  /** 95 % interval of the true effect on one more task. */
  readonly nextLow: number;
  readonly nextHigh: number;
  /** Probabilities that the mean effect lies below, inside and above ± zone; they sum to 1. */
  readonly below: number;
  readonly inside: number;
  readonly above: number;
  /** Where it lies with probability 0.95 or more, or null. */
  readonly region: "below" | "inside" | "above" | null;
}

/** Values of τ² that stand for its distribution. */
const TAUS = 200;

/**
 * Mean effect over tasks, with effects that may differ from task to task (random effects).
 *
 * y[t] ~ N(θ[t], se[t]²), θ[t] ~ N(μ, τ²). τ² solves Σ w[t] (y[t] − μ)² = k − 1 with w[t] = 1 / (se[t]² + τ²), or is 0 (Paule and
 * Mandel). Interval: μ ± t(k−1) / √Σw, which is Hartung and Knapp's with their factor held at 1 or more. Probabilities come from Student's t around μ with that error: the posterior under a flat prior. The next task's effect is N(μ, τ² + 1/Σw), mixed over
 * the τ² that explain the tasks: those whose Σ w (y − μ)² are the quantiles of χ²(k−1). A single τ² would promise too much.
 *
 * @param tasks - Effects and their standard errors, k at least 3.
 * @param zone - Half-width of practical equivalence, in their unit; default 0.5 accuracy points.
 * @throws `statistics/bad-shape` below 3 tasks, and for standard errors below 0.
 * @example randomEffects([{ mean: 1, standardError: 0.2 }, …]).inside // 0.03
 *
 * Source: Paule and Mandel 1982; Hartung and Knapp 2001; Röver, Knapp and Friede 2015 for the factor;
 * Viechtbauer 2007 for the distribution of τ², Nagashima, Noma and Furukawa 2019 for its use. As statsmodels'
 * `combine_effects(method_re="iterated")`. Regions as in Benavoli et al. 2017, whose posterior needs sampling and a prior.
 */
export function randomEffects(tasks: readonly TaskEffect[], zone = ZONE): MeanEffect {
  const k = tasks.length;
  if (k < 3 || tasks.some(({ standardError }) => !(standardError >= 0))) {
    const got = tasks.map(({ standardError }) => standardError);
    throw expectedGot("statistics/bad-shape", "randomEffects", "standard errors of 3 or more tasks, none below 0", got);
  }
  // arms that never differ have an error of 0: a millionth of a point keeps their weight finite
  const variances = tasks.map(({ standardError }) => Math.max(standardError ** 2, 1e-12));
  const fit = (tauSquared: number) => {
    const weights = variances.map((v) => 1 / (v + tauSquared));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const mean = tasks.reduce((sum, task, t) => sum + weights[t] * task.mean, 0) / total;
    const q = tasks.reduce((sum, task, t) => sum + weights[t] * (task.mean - mean) ** 2, 0);
    return { mean, total, q };
  };
  const explaining = (q: number) => rootOf((tauSquared) => fit(tauSquared).q - q);
  const tauSquared = explaining(k - 1);
  const { mean, total } = fit(tauSquared);
  const standardError = Math.sqrt(1 / total);
  const half = critical(0.95, k - 1) * standardError;
  const next = mixture(
    Array.from({ length: TAUS }, (_, i) => {
      const candidate = explaining(chiSquaredQuantile((i + 0.5) / TAUS, k - 1));
      const fitted = fit(candidate);
      return { mean: fitted.mean, deviation: Math.sqrt(candidate + 1 / fitted.total) };
    }),
  );
  const below = studentCdf((-zone - mean) / standardError, k - 1);
  const above = studentCdf((mean - zone) / standardError, k - 1);
  const chances = { below, inside: Math.max(0, 1 - below - above), above };
  const regions = ["below", "inside", "above"] as const;
  return {
    mean,
    standardError,
    low: mean - half,
    high: mean + half,
    betweenTasks: Math.sqrt(tauSquared),
    homogeneityP: chiSquaredTail(fit(0).q, k - 1),
    nextLow: next(0.025),
    nextHigh: next(0.975),
    ...chances,
    region: regions.find((name) => chances[name] >= 0.95) ?? null,
  };
}

/** Quantiles of a mixture of normal distributions in equal shares. */
function mixture(parts: readonly { readonly mean: number; readonly deviation: number }[]): (p: number) => number {
  return (p) => {
    let low = Math.min(...parts.map(({ mean, deviation }) => mean - 10 * deviation));
    let high = Math.max(...parts.map(({ mean, deviation }) => mean + 10 * deviation));
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      const below = parts.reduce((sum, { mean, deviation }) => sum + normalCdf((middle - mean) / deviation), 0) / parts.length;
      if (below < p) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
}

/** Where a falling function crosses 0, from 0 on; 0 where it starts below. */
function rootOf(falling: (x: number) => number): number {
  if (falling(0) <= 0) return 0;
  let [low, high] = [0, 1];
  while (falling(high) > 0) [low, high] = [high, 2 * high];
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
