import { argmax } from "./calibration.ts";
import { accuracy, f1Of, f1Score, precisionOf, recallOf } from "./classification.ts";

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
  /** Mean F1 over the classes that an example has or was given, each counting alike. */
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
  const predicted = probabilities.map(argmax);
  const confusion = names.map(() => names.map(() => 0));
  predicted.forEach((said, i) => {
    confusion[labels[i]][said]++;
  });
  const sets = (classes: readonly number[]): number[][] => classes.map((c) => [c]);
  const classes = classScores(sets(predicted), sets(labels), names);
  return {
    accuracy: accuracy(predicted, labels),
    macroF1: f1Score(predicted, labels, { average: "macro" }),
    classes,
    confusion,
  };
}

/**
 * Precision, recall and F1 of each class where an example holds any number of classes.
 *
 * @param predicted - [N] sets of class indices.
 * @param actual - [N] sets of class indices.
 * @param names - [C].
 * @example classScores([[0, 1]], [[1]], ["rude", "angry"])[0].precision; // 0
 */
export function classScores(
  predicted: readonly (readonly number[])[],
  actual: readonly (readonly number[])[],
  names: readonly string[],
): ClassScores[] {
  const counts = names.map(() => ({ hits: 0, predicted: 0, actual: 0 }));
  predicted.forEach((said, i) => {
    for (const c of said) {
      counts[c].predicted++;
      if (actual[i].includes(c)) counts[c].hits++;
    }
    for (const c of actual[i]) counts[c].actual++;
  });
  return counts.map((count, c) => ({
    label: names[c],
    support: count.actual,
    precision: precisionOf(count),
    recall: recallOf(count),
    f1: f1Of(count),
  }));
}
