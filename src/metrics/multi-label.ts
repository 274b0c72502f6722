import { counted, expectedGot } from "../errors/index.ts";
import { checkPairs } from "./check-pairs.ts";
import type { ClassCount } from "./class-counts.ts";
import { f1Of, macro, micro } from "./classification.ts";

/** [N][C]: 1 where the example has the label, 0 where not. */
export type LabelRows = readonly ArrayLike<number>[];

/**
 * F1 over sets of labels.
 *
 * `micro` counts every (example, label) pair alike; `macro` is the mean over labels of 2 TP / (2 TP + FP + FN), which is 0 for a
 * label that occurs on neither side.
 *
 * @param predicted - [N][C] of 0 and 1.
 * @param actual - [N][C] of 0 and 1.
 * @param options - Average; default `micro`.
 * @throws `metrics/bad-shape` when rows differ in number or length or there are none; `metrics/bad-label` for a cell that is
 *   neither 0 nor 1.
 * @example multiLabelF1([[1, 0], [1, 1]], [[1, 0], [0, 1]], { average: "macro" }) // (2/3 + 1) / 2
 *
 * Source: scikit-learn's `f1_score` on indicator matrices, `zero_division=0`.
 */
export function multiLabelF1(
  predicted: LabelRows,
  actual: LabelRows,
  { average = "micro" }: { readonly average?: "micro" | "macro" } = {},
): number {
  const labels = checkRows("multiLabelF1", predicted, actual);
  const counts = Array.from({ length: labels }, (_, c): ClassCount => {
    let [hits, ofPredicted, ofActual] = [0, 0, 0];
    for (let i = 0; i < actual.length; i++) {
      hits += predicted[i][c] * actual[i][c];
      ofPredicted += predicted[i][c];
      ofActual += actual[i][c];
    }
    return { hits, predicted: ofPredicted, actual: ofActual };
  });
  return average === "micro" ? micro(counts, f1Of) : macro(counts, f1Of);
}

/**
 * Share of examples whose set of labels is right to the last label, in [0, 1].
 *
 * @param predicted - [N][C] of 0 and 1.
 * @param actual - [N][C] of 0 and 1.
 * @throws As {@link multiLabelF1}.
 * @example subsetAccuracy([[1, 0], [1, 1]], [[1, 0], [0, 1]]) // 0.5
 */
export function subsetAccuracy(predicted: LabelRows, actual: LabelRows): number {
  checkRows("subsetAccuracy", predicted, actual);
  return actual.filter((row, i) => wrongCells(predicted[i], row) === 0).length / actual.length;
}

/**
 * Share of (example, label) pairs that are wrong, in [0, 1]: 0 is best.
 *
 * @param predicted - [N][C] of 0 and 1.
 * @param actual - [N][C] of 0 and 1.
 * @throws As {@link multiLabelF1}.
 * @example hammingLoss([[1, 0], [1, 1]], [[1, 0], [0, 1]]) // 0.25
 */
export function hammingLoss(predicted: LabelRows, actual: LabelRows): number {
  const labels = checkRows("hammingLoss", predicted, actual);
  return actual.reduce((sum, row, i) => sum + wrongCells(predicted[i], row), 0) / (actual.length * labels);
}

function wrongCells(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  let wrong = 0;
  for (let c = 0; c < actual.length; c++) if (predicted[c] !== actual[c]) wrong++;
  return wrong;
}

/** C, once every row is known to hold C zeros and ones. */
function checkRows(where: string, predicted: LabelRows, actual: LabelRows): number {
  checkPairs(where, predicted, actual);
  const labels = actual[0].length;
  if (labels === 0) throw expectedGot("metrics/bad-shape", where, "at least one label a row", "none");
  for (const row of [...predicted, ...actual]) {
    if (row.length !== labels)
      throw expectedGot("metrics/bad-shape", where, `${counted(labels, "label")} in each row`, row.length);
    for (let c = 0; c < labels; c++) {
      if (row[c] !== 0 && row[c] !== 1) {
        const hint = "Compare probabilities with a threshold, such as 0.5, first.";
        throw expectedGot("metrics/bad-label", where, "0 or 1 for each label", row[c], hint);
      }
    }
  }
  return labels;
}
