import { checkPairs } from "./check-pairs.ts";
import { allFinite, isConstant, mean } from "./moments.ts";

/**
 * Pearson correlation, in [−1, 1]: Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²).
 *
 * **Constant input gives 0**, where SciPy gives NaN: a model that answers the same to everything has found no relation. It is
 * what the Matthews correlation gives, which is this formula on 0/1 lists, and unlike NaN it can be compared when the best
 * checkpoint is chosen and stands in JSON. Input that holds NaN or an infinity gives NaN.
 *
 * @param x - [N].
 * @param y - [N].
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example pearson([1, 2, 3], [1, 3, 2]) // 0.5
 *
 * Source: SciPy's `pearsonr(x, y).statistic`, constant input aside.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPairs("pearson", x, y);
  return correlation(x, y);
}

/**
 * Spearman's rank correlation, in [−1, 1]: the Pearson correlation of the ranks; tied values share their mean rank.
 *
 * Constant input gives 0, where SciPy gives NaN: see {@link pearson}. Input that holds NaN gives NaN.
 *
 * @param x - [N].
 * @param y - [N].
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example spearman([1, 2, 3], [1, 8, 27]) // 1
 *
 * Source: SciPy's `spearmanr(x, y).statistic`, constant input aside.
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPairs("spearman", x, y);
  return correlation(averageRanks(x), averageRanks(y));
}

/**
 * Rank of each value, from 1; tied values share their mean rank. All NaN when any value is NaN, which has no rank.
 *
 * @param values - [N].
 * @example averageRanks([10, 30, 10]) // [1.5, 3, 1.5]
 */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const ranks = new Float64Array(values.length);
  if (Array.from(values).some(Number.isNaN)) return ranks.fill(Number.NaN);
  // Compared, not subtracted: infinities are values like any other here, and their difference is NaN.
  const order = Array.from(ranks.keys()).sort((a, b) => (values[a] < values[b] ? -1 : Number(values[a] > values[b])));
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let at = start; at < end; at++) ranks[order[at]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  // First, so that a diverged model is told from one that answers the same to everything.
  if (!allFinite(x) || !allFinite(y)) return Number.NaN;
  // Asked of the values themselves: the mean of equal values can differ from them in the last bit.
  if (isConstant(x) || isConstant(y)) return 0;
  const [a, b] = [unitDeviations(x), unitDeviations(y)];
  const sum = a.reduce((total, value, i) => total + value * b[i], 0);
  return Math.max(-1, Math.min(1, sum));
}

/** Deviations from the mean, of length 1 as a vector; divided by the largest first, so that no square overflows or vanishes. */
function unitDeviations(values: ArrayLike<number>): Float64Array {
  const centre = mean(values);
  const deviations = Float64Array.from(values, (value) => value - centre);
  const largest = deviations.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
  const scaled = deviations.map((d) => d / largest);
  const length = Math.sqrt(scaled.reduce((sum, d) => sum + d * d, 0));
  return scaled.map((d) => d / length);
}
