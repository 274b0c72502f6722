import { accuracy, f1Score } from "./classification.ts";
import { pearson, spearman } from "./correlation.ts";
import { isConstant } from "./moments.ts";
import { type LabelRows, multiLabelF1, subsetAccuracy } from "./multi-label.ts";
import { meanSquaredError } from "./regression.ts";
import { areSpanTags, checkSentences, spanScores, type TagRows } from "./spans.ts";

export interface TaskScores {
  readonly figures: Readonly<Record<string, number>>;
  /** Name of the figure that counts when models are compared. */
  readonly primary: string;
  /** That figure, turned so that more is better: −mse where `primary` is `mse`. */
  readonly score: number;
}

export interface TaskMetricsOptions {
  /** The model's class names. With them, whether token labels are spans does not hang on what was predicted. */
  readonly labels?: readonly string[];
}

export interface TaskMetrics<Answers> {
  /** Names that `compute` can give. */
  readonly figures: readonly string[];
  compute(predicted: Answers, actual: Answers, options?: TaskMetricsOptions): TaskScores;
}

const scores = (figures: Record<string, number>, primary: string, score = figures[primary]): TaskScores => ({
  figures,
  primary,
  score,
});

/**
 * Of one class an example, [N] class indices: accuracy (the primary figure) and macro-F1, over the classes on either side, as in
 * scikit-learn: of a class that no example has, and that none was given, nothing is known.
 */
export const classFigures: TaskMetrics<ArrayLike<number>> = {
  figures: ["accuracy", "macroF1"],
  compute(predicted, actual) {
    const macroF1 = f1Score(predicted, actual, { average: "macro" });
    return scores({ accuracy: accuracy(predicted, actual), macroF1 }, "accuracy");
  },
};

/** Of several classes an example, [N][C] of 0 and 1: micro-F1 (primary), macro-F1, subset accuracy. */
export const multiLabelFigures: TaskMetrics<LabelRows> = {
  figures: ["microF1", "macroF1", "subsetAccuracy"],
  compute(predicted, actual) {
    const figures = {
      microF1: multiLabelF1(predicted, actual),
      macroF1: multiLabelF1(predicted, actual, { average: "macro" }),
      subsetAccuracy: subsetAccuracy(predicted, actual),
    };
    return scores(figures, "microF1");
  },
};

/**
 * Of numbers, [N]: Pearson's and Spearman's correlations, mean squared error. Pearson's is primary, the error where all labels are
 * equal and a correlation has no meaning; that hangs on the labels alone, so it stays the same through a run.
 *
 * @example numberFigures.compute([1, 2, 4], [1, 2, 3]).score // pearson: 0.982
 */
export const numberFigures: TaskMetrics<ArrayLike<number>> = {
  figures: ["pearson", "spearman", "mse"],
  compute(predicted, actual) {
    const mse = meanSquaredError(predicted, actual);
    const figures = { pearson: pearson(predicted, actual), spearman: spearman(predicted, actual), mse };
    return isConstant(actual) ? scores(figures, "mse", -mse) : scores(figures, "pearson");
  },
};

/**
 * Of tags, [sentences][words] of class names: precision, recall and F1 (primary) of spans for tags such as `B-PER`; for others macro-F1
 * over words (primary); word accuracy.
 */
export const tagFigures: TaskMetrics<TagRows> = {
  figures: ["precision", "recall", "f1", "macroF1", "tokenAccuracy"],
  compute(predicted, actual, { labels } = {}) {
    checkSentences("tagFigures", predicted, actual);
    const [ofPredicted, ofActual] = [predicted.flat(), actual.flat()];
    if (areSpanTags(labels ?? new Set([...ofPredicted, ...ofActual]))) return scores({ ...spanScores(predicted, actual) }, "f1");
    const macroF1 = f1Score(ofPredicted, ofActual, { average: "macro" });
    return scores({ macroF1, tokenAccuracy: accuracy(ofPredicted, ofActual) }, "macroF1");
  },
};
