import { argmax } from "./calibration.ts";

export interface ClassScores {
  readonly label: string;
  /** Examples that carry the label. */
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ClassMetrics {
  /** In [0, 1]. */
  readonly accuracy: number;
  /** Mean F1 over the classes, each counting alike. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
  /** [C][C]: row = true class, column = predicted. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Precision, recall and F1 of each class, and the confusion matrix.
 *
 * `precision = TP / (TP + FP)`, `recall = TP / (TP + FN)`, `F1 = 2 TP / (2 TP + FP + FN)`; 0 where the denominator is 0, as in
 * scikit-learn's `classification_report`.
 *
 * @param probabilities - [N][C].
 * @param labels - [N] class indices.
 * @param names - [C].
 * @example
 * classMetrics([[0.9, 0.1], [0.2, 0.8]], [0, 1], ["ham", "spam"]).macroF1; // 1
 */
export function classMetrics(
  probabilities: readonly (readonly number[])[],
  labels: readonly number[],
  names: readonly string[],
): ClassMetrics {
  const confusion = names.map(() => names.map(() => 0));
  probabilities.forEach((row, i) => {
    confusion[labels[i]][argmax(row)]++;
  });
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const classes = names.map((label, c): ClassScores => {
    const hits = confusion[c][c];
    const support = confusion[c].reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[c], 0);
    return {
      label,
      support,
      precision: share(hits, predicted),
      recall: share(hits, support),
      f1: share(2 * hits, support + predicted),
    };
  });
  const hits = confusion.reduce((sum, row, c) => sum + row[c], 0);
  return {
    accuracy: share(hits, labels.length),
    macroF1: classes.reduce((sum, { f1 }) => sum + f1, 0) / names.length,
    classes,
    confusion,
  };
}
