import { type LinearClassifier, type LogisticOptions, logisticRegression } from "./logistic-regression.ts";
import { denseRows } from "./rows.ts";

/** Length of a feature vector, in the root mean square: with C = 1 strong enough to learn, weak enough not to follow every row. */
const LENGTH = 4;

/**
 * Logistic regression of features of any size, such as an encoder's: they are centred and scaled to a length of 4 first, and weight and bias
 * given back for the features as they were.
 *
 *     x' = s (x − μ),  s = 4 / √(mean ‖x − μ‖²);   W x' + b = (s W) x + (b − s W μ)
 *
 * @param rows - One row an example; at least one.
 * @example
 * centredRegression([[1000], [1001]], [0, 1], 2); // parts them, though they differ by a thousandth
 */
export function centredRegression(
  rows: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  classes: number,
  options?: LogisticOptions,
): LinearClassifier {
  const width = rows[0].length;
  const mean = new Float64Array(width);
  for (const row of rows) for (let at = 0; at < width; at++) mean[at] += row[at] / rows.length;
  let squares = 0;
  let size = 0;
  for (const row of rows) {
    for (let at = 0; at < width; at++) {
      squares += (row[at] - mean[at]) ** 2 / rows.length;
      size += row[at] ** 2 / rows.length;
    }
  }
  // less is the rounding of features that do not differ
  const scale = squares > 1e-10 * size ? LENGTH / Math.sqrt(squares) : 1;
  const centred = rows.map((row) => Float64Array.from({ length: width }, (_, at) => scale * (row[at] - mean[at])));
  const { weight, bias } = logisticRegression(denseRows(centred), labels, classes, options);
  return {
    classes,
    width,
    weight: weight.map((value) => scale * value),
    bias: bias.map((value, k) => {
      let moved = value;
      for (let at = 0; at < width; at++) moved -= scale * weight[k * width + at] * mean[at];
      return moved;
    }),
  };
}
