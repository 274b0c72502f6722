import { checkPairs } from "./check-pairs.ts";
import { isConstant, mean } from "./moments.ts";

/**
 * Mean of (predicted − actual)².
 *
 * @param predicted - [N].
 * @param actual - [N].
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example meanSquaredError([1, 4], [1, 2]) // 2
 */
export function meanSquaredError(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  checkPairs("meanSquaredError", predicted, actual);
  return mean(Float64Array.from(actual, (value, i) => (predicted[i] - value) ** 2));
}

/**
 * Mean of |predicted − actual|, in the labels' unit.
 *
 * @param predicted - [N].
 * @param actual - [N].
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example meanAbsoluteError([1, 4], [1, 2]) // 1
 */
export function meanAbsoluteError(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  checkPairs("meanAbsoluteError", predicted, actual);
  return mean(Float64Array.from(actual, (value, i) => Math.abs(predicted[i] - value)));
}

/**
 * Coefficient of determination: 1 − Σ (actual − predicted)² / Σ (actual − mean of actual)². 1 is perfect, 0 is as good as the
 * mean of the labels, and there is no lower bound. Constant labels give 1 when every prediction is right and 0 otherwise.
 *
 * @param predicted - [N].
 * @param actual - [N].
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example r2([1, 2, 4], [1, 2, 3]) // 0.5
 *
 * Source: scikit-learn's `r2_score`, which gives NaN for a single example where we hold to the rule of constant labels.
 */
export function r2(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  checkPairs("r2", predicted, actual);
  const error = meanSquaredError(predicted, actual);
  if (isConstant(actual)) return Number.isNaN(error) ? error : Number(error === 0);
  const centre = mean(actual);
  return 1 - error / mean(Float64Array.from(actual, (value) => (value - centre) ** 2));
}
