import { counted, expectedGot } from "../errors/index.ts";

/** Rows of class probabilities, [N][C]. */
export type Rows = readonly ArrayLike<number>[];

/** Probabilities below this count as this, so that one confident mistake costs 27.6 nats and not infinity. */
export const SMALLEST_PROBABILITY = 1e-12;

/** Class with the largest value; ties go to the earlier class. */
export function argmax(row: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
  return best;
}

/** Mean of −log p(label), in nats; p is held above 1e-12. */
export const negativeLogLikelihood = (probabilities: Rows, labels: readonly number[]): number =>
  average(probabilities, (row, i) => logLoss(row[labels[i]]));

/** −log p, in nats, with p held above 1e-12. */
export const logLoss = (p: number): number => -Math.log(Math.max(p, SMALLEST_PROBABILITY));

/**
 * Brier score: mean over examples of Σ over classes (p[c] − y[c])², between 0 and 2.
 *
 * Source: Brier 1950. For two classes this is twice scikit-learn's `brier_score_loss` default.
 */
export const brierScore = (probabilities: Rows, labels: readonly number[]): number =>
  average(probabilities, (row, i) => {
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += (row[c] - Number(c === labels[i])) ** 2;
    return sum;
  });

/**
 * Expected calibration error: Σ over bins (share of examples) · |accuracy − mean confidence|.
 *
 * Confidence is the largest probability; bins are of equal width on [0, 1], each closed above: (0, 1/15], …, (14/15, 1].
 *
 * @param probabilities - [N][C], rows sum to 1.
 * @param labels - [N], class indices.
 * @param bins - Default 15, as in the source.
 * @returns A number in [0, 1].
 * @example expectedCalibrationError([[0.9, 0.1], [0.9, 0.1]], [0, 1]) // 0.4
 *
 * Source: Guo et al. 2017 (arXiv 1706.04599), eq. 3.
 */
export function expectedCalibrationError(probabilities: Rows, labels: readonly number[], bins = 15): number {
  const filled = reliabilityBins(probabilities, labels, bins);
  return (
    filled.reduce((sum, { count, right, confidence }) => sum + count * Math.abs(right - confidence), 0) / probabilities.length
  );
}

/** Examples of which the model is about equally sure. */
export interface ReliabilityBin {
  /** Examples, at least one. */
  readonly count: number;
  /** Share of them that is right. */
  readonly right: number;
  /** Mean of the largest probability. */
  readonly confidence: number;
}

/**
 * What a reliability diagram shows: of examples with about the same confidence, how many are right.
 *
 * @param probabilities - [N][C], rows sum to 1.
 * @param labels - [N], class indices.
 * @param bins - Bins as in {@link expectedCalibrationError}.
 * @returns The bins that hold examples, least sure first.
 * @example reliabilityBins([[0.9, 0.1], [0.9, 0.1]], [0, 1], 10) // [{ count: 2, right: 0.5, confidence: 0.9 }]
 */
export function reliabilityBins(probabilities: Rows, labels: readonly number[], bins: number): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, right: 0, confidence: 0 }));
  probabilities.forEach((row, i) => {
    const choice = argmax(row);
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(row[choice] * bins) - 1))];
    bin.count++;
    bin.right += Number(choice === labels[i]);
    bin.confidence += row[choice];
  });
  return sums.flatMap(({ count, right, confidence }) =>
    count === 0 ? [] : [{ count, right: right / count, confidence: confidence / count }],
  );
}

/** Fitted temperatures stay in [1/20, 20]: on separable or random logits the optimum runs away. */
export const TEMPERATURE_RANGE = { low: 0.05, high: 20 };

/**
 * Temperature T that minimises the negative log-likelihood of softmax(logits / T).
 *
 * The loss is convex in 1/T, so its slope Σ (Σ_c p_c z_c − z_label) has one zero, found by bisection.
 *
 * @param logits - [N][C], of the selection split; log-probabilities serve as well.
 * @param labels - [N], class indices.
 * @returns T in [0.05, 20]; above 1 the model was over-confident. The end of the range when the optimum lies outside.
 * @throws `statistics/bad-shape` without examples or with another number of labels.
 * @example fitTemperature([[4, 0], [4, 0], [4, 0], [0, 4]], [0, 0, 0, 0]) // 3.64: accuracy 3/4 is worth 1.1 nats, not 4
 *
 * Source: Guo et al. 2017, §4.2.
 */
export function fitTemperature(logits: Rows, labels: readonly number[]): number {
  if (logits.length === 0 || logits.length !== labels.length) {
    throw expectedGot(
      "statistics/bad-shape",
      "fitTemperature",
      `one label a row, at least one row`,
      `${counted(logits.length, "row")}, ${counted(labels.length, "label")}`,
    );
  }
  const slope = (inverse: number): number =>
    average(logits, (row, i) => {
      const p = softened(row, 1 / inverse);
      let expected = 0;
      for (let c = 0; c < row.length; c++) expected += p[c] * row[c];
      return expected - row[labels[i]];
    });
  let low = 1 / TEMPERATURE_RANGE.high;
  let high = 1 / TEMPERATURE_RANGE.low;
  if (slope(low) >= 0) return TEMPERATURE_RANGE.high;
  if (slope(high) <= 0) return TEMPERATURE_RANGE.low;
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** softmax(logits / temperature), [C]. */
export function softened(logits: ArrayLike<number>, temperature: number): number[] {
  const scaled = Array.from(logits, (z) => z / temperature);
  const top = Math.max(...scaled);
  const powers = scaled.map((z) => Math.exp(z - top));
  const sum = powers.reduce((total, x) => total + x, 0);
  return powers.map((x) => x / sum);
}

/** The same probabilities at another temperature: softmax(log p / T), which equals softmax(logits / T). */
export const atTemperature = (probabilities: Rows, temperature: number): number[][] =>
  probabilities.map((row) =>
    softened(
      Array.from(row, (p) => -logLoss(p)),
      temperature,
    ),
  );

function average(rows: Rows, value: (row: ArrayLike<number>, index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += value(rows[i], i);
  return sum / rows.length;
}
