import {
  denseRows,
  type FeatureRows,
  type Fold,
  fitTfIdf,
  type LogisticOptions,
  logisticRegression,
  probabilitiesOf,
} from "../linear/index.ts";
import type { UnitVector } from "./nearest.ts";

/** Texts, and what an encoder says of each; [N] and [N][D]. */
export interface ReadTexts {
  readonly texts: readonly string[];
  readonly features: readonly UnitVector[];
}

/**
 * Learn classes from an encoder's features and from the words, by one logistic regression.
 *
 *     x = [ s (f − μ) ; tf·idf ],  s = 1 / √(mean ‖f − μ‖²)
 *
 * Both halves have a length of about 1, so that the penalty weighs them alike. Words say what the features of a frozen encoder leave out: beside
 * them more of the planted label errors are found (docs/audit.md).
 *
 * @param known - N texts.
 * @param labels - A class of [0, classes) for each.
 * @returns What gives the probabilities of other texts: [texts][classes].
 * @example
 * fitTexts(known, labels, 2)(others)[0]; // [0.9, 0.1]
 */
export function fitTexts(
  known: ReadTexts,
  labels: readonly number[],
  classes: number,
  options?: LogisticOptions,
): (asked: ReadTexts) => number[][] {
  const N = known.features.length;
  const width = known.features[0].length;
  const mean = new Float64Array(width);
  for (const own of known.features) for (let at = 0; at < width; at++) mean[at] += own[at] / N;
  const centred = (own: UnitVector): Float64Array => mean.map((value, at) => own[at] - value);
  let squares = 0;
  for (const own of known.features) for (const value of centred(own)) squares += value ** 2 / N;
  // less is the rounding of vectors of length 1 that do not differ
  const scale = squares > 1e-10 ? 1 / Math.sqrt(squares) : 1;
  const tfIdf = fitTfIdf(known.texts);
  const rowsOf = ({ texts, features }: ReadTexts): FeatureRows =>
    beside(denseRows(features.map((own) => centred(own).map((value) => scale * value))), tfIdf.rows(texts));
  const model = logisticRegression(rowsOf(known), labels, classes, options);
  return (asked) => (asked.texts.length === 0 ? [] : probabilitiesOf(model, rowsOf(asked)));
}

/**
 * Probabilities of the classes for each text by `fitTexts` of the texts of the other folds.
 *
 * @param cut - Each text is tested in one fold; see `folds`.
 * @returns [texts][classes]
 */
export function predictFolds(
  { texts, features }: ReadTexts,
  labels: readonly number[],
  classes: number,
  cut: readonly Fold[],
): number[][] {
  const part = (places: readonly number[]): ReadTexts => ({ texts: pick(texts, places), features: pick(features, places) });
  const said: number[][] = new Array(texts.length);
  for (const { train, test } of cut) {
    const predict = fitTexts(part(train), pick(labels, train), classes);
    for (const [place, row] of predict(part(test)).entries()) said[test[place]] = row;
  }
  return said;
}

/** Rows of two matrices side by side. */
function beside(left: FeatureRows, right: FeatureRows): FeatureRows {
  const entries = left.values.length + right.values.length;
  const starts = new Uint32Array(left.count + 1);
  const columns = new Uint32Array(entries);
  const values = new Float64Array(entries);
  let to = 0;
  for (let row = 0; row < left.count; row++) {
    for (const [half, shift] of [
      [left, 0],
      [right, left.width],
    ] as const)
      for (let at = half.starts[row]; at < half.starts[row + 1]; at++) {
        columns[to] = half.columns[at] + shift;
        values[to++] = half.values[at];
      }
    starts[row + 1] = to;
  }
  return { count: left.count, width: left.width + right.width, starts, columns, values };
}

const pick = <T>(all: readonly T[], places: readonly number[]): T[] => places.map((at) => all[at]);
