import { expectedGot, nearest } from "../errors/index.ts";
import { accuracy, f1Score } from "./classification.ts";
import { pearson, spearman } from "./correlation.ts";
import { isConstant } from "./moments.ts";
import { type LabelRows, multiLabelF1, subsetAccuracy } from "./multi-label.ts";
import { meanSquaredError } from "./regression.ts";
import { areSpanTags, checkSentences, spanScores, type TagRows } from "./spans.ts";

/** What each task predicts and is compared with; the tasks are those of a model's configuration. */
export interface TaskAnswers {
  /** [N] class indices. */
  readonly single_label_classification: ArrayLike<number>;
  /** [N][C] of 0 and 1. */
  readonly multi_label_classification: LabelRows;
  /** [N] numbers. */
  readonly regression: ArrayLike<number>;
  /** [sentences][tokens] of class names. */
  readonly token_classification: TagRows;
  /** Token ids behind the masks. */
  readonly masked_lm: ArrayLike<number>;
}

export type MetricTask = keyof TaskAnswers;

export interface TaskScores {
  readonly figures: Readonly<Record<string, number>>;
  /** Name of the figure that counts when models are compared. */
  readonly primary: string;
  /** That figure, turned so that more is better: −mse where `primary` is `mse`. */
  readonly score: number;
}

export interface TaskMetricsOptions {
  /**
   * The model's class names. With them a macro average runs over all classes, also those that the split does not hold, and
   * whether token labels are spans does not hang on what was predicted.
   */
  readonly labels?: readonly string[];
}

export interface TaskMetrics<Answers> {
  /** Names that `compute` can give. */
  readonly figures: readonly string[];
  compute(predicted: Answers, actual: Answers, options?: TaskMetricsOptions): TaskScores;
}

/**
 * The figures to compute by default for a task, and which of them is primary.
 *
 * | task | figures | primary |
 * |---|---|---|
 * | `single_label_classification` | accuracy, macroF1 | accuracy |
 * | `multi_label_classification` | microF1, macroF1, subsetAccuracy | microF1 |
 * | `regression` | pearson, spearman, mse | pearson; mse when all labels are equal and a correlation has no meaning |
 * | `token_classification`, labels such as `B-PER` | precision, recall, f1 of spans; tokenAccuracy | f1 |
 * | `token_classification`, other labels | macroF1 over tokens, tokenAccuracy | macroF1 |
 * | `masked_lm` | accuracy of the masked tokens | accuracy |
 *
 * The primary figure of a regression hangs on the labels alone: it stays the same through a run, whatever the model predicts.
 *
 * @param task - `task` of a model's configuration.
 * @throws `metrics/unknown-task` for any other name.
 * @example metricsOf("regression").compute([1, 2, 4], [1, 2, 3]).score // pearson: 0.982
 */
export function metricsOf<T extends MetricTask>(task: T): TaskMetrics<TaskAnswers[T]> {
  if (!Object.hasOwn(TABLE, task)) {
    const names = Object.keys(TABLE);
    const close = nearest(task, names);
    throw expectedGot("metrics/unknown-task", "metricsOf", `one of ${names.join(", ")}`, task, close && `Did you mean ${close}?`);
  }
  return TABLE[task];
}

const scores = (figures: Record<string, number>, primary: string, score = figures[primary]): TaskScores => ({
  figures,
  primary,
  score,
});

const TABLE: { readonly [T in MetricTask]: TaskMetrics<TaskAnswers[T]> } = {
  single_label_classification: {
    figures: ["accuracy", "macroF1"],
    compute(predicted, actual, { labels } = {}) {
      const macroF1 = f1Score(predicted, actual, { average: "macro", classes: labels?.length });
      return scores({ accuracy: accuracy(predicted, actual), macroF1 }, "accuracy");
    },
  },
  multi_label_classification: {
    figures: ["microF1", "macroF1", "subsetAccuracy"],
    compute(predicted, actual) {
      const figures = {
        microF1: multiLabelF1(predicted, actual),
        macroF1: multiLabelF1(predicted, actual, { average: "macro" }),
        subsetAccuracy: subsetAccuracy(predicted, actual),
      };
      return scores(figures, "microF1");
    },
  },
  regression: {
    figures: ["pearson", "spearman", "mse"],
    compute(predicted, actual) {
      const mse = meanSquaredError(predicted, actual);
      const figures = { pearson: pearson(predicted, actual), spearman: spearman(predicted, actual), mse };
      return isConstant(actual) ? scores(figures, "mse", -mse) : scores(figures, "pearson");
    },
  },
  token_classification: {
    figures: ["precision", "recall", "f1", "macroF1", "tokenAccuracy"],
    compute(predicted, actual, { labels } = {}) {
      checkSentences("token_classification", predicted, actual);
      const [ofPredicted, ofActual] = [predicted.flat(), actual.flat()];
      if (areSpanTags(labels ?? new Set([...ofPredicted, ...ofActual])))
        return scores({ ...spanScores(predicted, actual) }, "f1");
      const macroF1 = f1Score(ofPredicted, ofActual, { average: "macro", classes: labels });
      return scores({ macroF1, tokenAccuracy: accuracy(ofPredicted, ofActual) }, "macroF1");
    },
  },
  masked_lm: {
    figures: ["accuracy"],
    compute: (predicted, actual) => scores({ accuracy: accuracy(predicted, actual) }, "accuracy"),
  },
};
