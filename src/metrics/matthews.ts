import { checkPairs } from "./check-pairs.ts";
import { type ClassLabel, countClasses } from "./class-counts.ts";

/**
 * Matthews correlation coefficient, for any number of classes, in [−1, 1].
 *
 * With N examples, c of them right, and t[k], p[k] the number of examples and of predictions of class k:
 *
 * (c N − Σ t[k] p[k]) / √((N² − Σ p[k]²) (N² − Σ t[k]²))
 *
 * For two classes this is the Pearson correlation of the two 0/1 lists. 0 when either side holds one class only.
 *
 * @param predicted - [N] classes.
 * @param actual - [N] classes.
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example matthewsCorrelation([1, -1, 1, 1], [1, 1, 1, -1]) // −0.333
 *
 * Source: Gorodkin 2004, as scikit-learn's `matthews_corrcoef`. Exact while N² < 2⁵³, which is 94 million examples.
 */
export function matthewsCorrelation(predicted: ArrayLike<ClassLabel>, actual: ArrayLike<ClassLabel>): number {
  checkPairs("matthewsCorrelation", predicted, actual);
  const total = actual.length;
  let hits = 0;
  let agreeing = 0; // Σ t[k] p[k]
  let ofPredicted = 0; // Σ p[k]²
  let ofActual = 0; // Σ t[k]²
  for (const count of countClasses(predicted, actual).values()) {
    hits += count.hits;
    agreeing += count.actual * count.predicted;
    ofPredicted += count.predicted ** 2;
    ofActual += count.actual ** 2;
  }
  const spread = (total ** 2 - ofPredicted) * (total ** 2 - ofActual);
  return spread === 0 ? 0 : (hits * total - agreeing) / Math.sqrt(spread);
}
