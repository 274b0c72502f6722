import { type MinimiseOptions, minimise } from "./minimise.ts";
import type { FeatureRows } from "./rows.ts";

export interface LogisticOptions extends MinimiseOptions {
  /** Inverse strength of the penalty, scikit-learn's `C`; default 1. */
  readonly C?: number;
  /** w_c: factor of each class in the loss; default 1. */
  readonly classWeights?: readonly number[];
}

/** logits = x · weightᵀ + bias. */
export interface LinearClassifier {
  /** Number of classes. */
  readonly classes: number;
  /** Number of features. */
  readonly width: number;
  /** [classes, width] */
  readonly weight: Float64Array;
  /** [classes] */
  readonly bias: Float64Array;
}

/**
 * Multinomial logistic regression:
 *
 *     min  1/N Σ −w[yᵢ] log softmax(W xᵢ + b)[yᵢ]  +  1/(2·C·N) Σ W²
 *
 * the same minimum as scikit-learn's `LogisticRegression(C)`; the bias is not penalised.
 *
 * @param rows - x, one row an example; at least one.
 * @param labels - y: a class of [0, classes) for each row.
 * @example
 * const model = logisticRegression(denseRows([[0], [1], [4], [5]]), [0, 0, 1, 1], 2);
 * classify(model, denseRows([[4.5]])); // [1]
 */
export function logisticRegression(
  rows: FeatureRows,
  labels: ArrayLike<number>,
  classes: number,
  { C = 1, classWeights, ...options }: LogisticOptions = {},
): LinearClassifier {
  const { count: N, width: J } = rows;
  const penalty = 1 / (C * N);
  // feature by feature, so that one entry of a row meets its classes side by side: [J + 1, classes], the bias last
  const found = minimise(
    (point, gradient) => {
      let loss = 0;
      gradient.fill(0);
      const logits = new Float64Array(classes);
      for (let row = 0; row < N; row++) {
        logitsOf(rows, row, point, logits);
        const weight = classWeights?.[labels[row]] ?? 1;
        loss += weight * softmaxLoss(logits, labels[row]);
        if (weight !== 1) for (let k = 0; k < classes; k++) logits[k] *= weight;
        for (let entry = rows.starts[row]; entry < rows.starts[row + 1]; entry++) {
          const [value, at] = [rows.values[entry] / N, rows.columns[entry] * classes];
          for (let k = 0; k < classes; k++) gradient[at + k] += value * logits[k];
        }
        for (let k = 0; k < classes; k++) gradient[J * classes + k] += logits[k] / N;
      }
      let squares = 0;
      for (let at = 0; at < J * classes; at++) {
        squares += point[at] ** 2;
        gradient[at] += penalty * point[at];
      }
      return loss / N + (penalty * squares) / 2;
    },
    new Float64Array((J + 1) * classes),
    options,
  );
  const weight = Float64Array.from({ length: classes * J }, (_, at) => found[(at % J) * classes + Math.floor(at / J)]);
  return { classes, width: J, weight, bias: found.slice(J * classes) };
}

/** Probabilities of the classes for each row: [rows][classes]. */
export function probabilitiesOf({ classes, width: J, weight, bias }: LinearClassifier, rows: FeatureRows): number[][] {
  const point = new Float64Array((J + 1) * classes);
  for (let at = 0; at < weight.length; at++) point[(at % J) * classes + Math.floor(at / J)] = weight[at];
  point.set(bias, J * classes);
  return Array.from({ length: rows.count }, (_, row) => {
    const logits = new Float64Array(classes);
    logitsOf(rows, row, point, logits);
    softmaxLoss(logits, -1);
    return [...logits];
  });
}

/** The class of the largest logit for each row; ties to the first. */
export const classify = (model: LinearClassifier, rows: FeatureRows): number[] =>
  probabilitiesOf(model, rows).map((row) => row.indexOf(Math.max(...row)));

/** Write W x + b of a row; `point` as in `logisticRegression`. */
function logitsOf({ width: J, starts, columns, values }: FeatureRows, row: number, point: Float64Array, out: Float64Array): void {
  const classes = out.length;
  for (let k = 0; k < classes; k++) out[k] = point[J * classes + k];
  for (let entry = starts[row]; entry < starts[row + 1]; entry++) {
    const [value, at] = [values[entry], columns[entry] * classes];
    for (let k = 0; k < classes; k++) out[k] += value * point[at + k];
  }
}

/** Turn logits into softmax minus the one-hot label, in place, and return the label's loss; label −1 for none. */
function softmaxLoss(logits: Float64Array, label: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    logits[k] = Math.exp(logits[k] - largest);
    sum += logits[k];
  }
  for (let k = 0; k < logits.length; k++) logits[k] /= sum;
  if (label < 0) return 0;
  const loss = -Math.log(Math.max(logits[label], Number.MIN_VALUE));
  logits[label] -= 1;
  return loss;
}
