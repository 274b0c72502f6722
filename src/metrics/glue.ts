import { expectedGot } from "../errors/index.ts";
import { accuracy, f1Score } from "./classification.ts";
import { pearson, spearman } from "./correlation.ts";
import { matthewsCorrelation } from "./matthews.ts";

export type GlueTask = "cola" | "sst2" | "mrpc" | "qqp" | "stsb" | "mnli" | "mnli-mm" | "qnli" | "rte" | "wnli" | "ax";

/** Figures by the names that Hugging Face's `evaluate` gives them. */
export type GlueFigures = Record<string, number>;

export interface GlueMetric {
  readonly task: GlueTask;
  /** Configuration of the dataset `nyu-mll/glue` on the Hub. */
  readonly config: string;
  /** Columns of the Hub's files that hold the text, or the pair of texts. */
  readonly textColumns: readonly [text: string] | readonly [text: string, pair: string];
  /** Class names by class index, as in the Hub's files; one, without meaning, for a regression. */
  readonly labels: readonly string[];
  /** Whether the label is a number, 0 to 5, and not a class. */
  readonly regression: boolean;
  /** Splits to evaluate on; those named `test` have no labels (−1), except MRPC's. */
  readonly validationSplits: readonly string[];
  /** Names of what `compute` gives. */
  readonly figures: readonly string[];
  /** Name of the single score that the leaderboard averages: one of the figures, or `combined_score` for the mean of both. */
  readonly primary: string;
  /**
   * The task's figures.
   *
   * @param predicted - [N] class indices; numbers for `stsb`.
   * @param actual - [N] class indices; numbers for `stsb`.
   * @throws `metrics/unlabelled` for a label of −1; `metrics/bad-shape` when the lists differ in length or are empty.
   */
  compute(predicted: ArrayLike<number>, actual: ArrayLike<number>): GlueFigures;
  /** The score named `primary`, of what `compute` gave; more is better. */
  score(figures: GlueFigures): number;
}

type Figure = (predicted: ArrayLike<number>, actual: ArrayLike<number>) => number;

const FIGURES: Readonly<Record<string, Figure>> = {
  accuracy,
  f1: (predicted, actual) => f1Score(predicted, actual),
  matthews_correlation: matthewsCorrelation,
  pearson,
  spearmanr: spearman,
};

const NLI = ["entailment", "neutral", "contradiction"];

/**
 * The tasks of GLUE: what to read, what to compute and which score counts.
 *
 * Tasks with two figures count by the mean of both, which transformers' `run_glue.py` names `combined_score`: accuracy and F1 of
 * the class 1 for MRPC and QQP, Pearson and Spearman for STS-B. The benchmark's own score is the mean over the nine tasks, where
 * MNLI's two splits make one task and the diagnostics `ax` do not count.
 *
 * @example
 * const figures = glueMetrics.mrpc.compute([1, 0, 1], [1, 0, 0]); // { accuracy: 0.667, f1: 0.667 }
 * glueMetrics.mrpc.score(figures); // 0.667
 *
 * Source: Wang et al. 2019, https://arxiv.org/abs/1804.07461, table 1 and section 3; figures' names:
 * https://huggingface.co/spaces/evaluate-metric/glue; columns and classes: https://huggingface.co/datasets/nyu-mll/glue.
 * `evaluate` has no `ax`; the leaderboard scores it by the Matthews correlation of three classes. It also gives NaN for the
 * correlation of constant predictions where we give 0.
 */
export const glueMetrics: Readonly<Record<GlueTask, GlueMetric>> = {
  // Warstadt et al. 2019, https://arxiv.org/abs/1805.12471
  cola: task("cola", ["sentence"], ["unacceptable", "acceptable"], ["matthews_correlation"]),
  // Socher et al. 2013, https://aclanthology.org/D13-1170
  sst2: task("sst2", ["sentence"], ["negative", "positive"], ["accuracy"]),
  // Dolan and Brockett 2005, https://aclanthology.org/I05-5002
  mrpc: task("mrpc", ["sentence1", "sentence2"], ["not_equivalent", "equivalent"], ["accuracy", "f1"]),
  // Quora 2017, https://quoradata.quora.com/First-Quora-Dataset-Release-Question-Pairs
  qqp: task("qqp", ["question1", "question2"], ["not_duplicate", "duplicate"], ["accuracy", "f1"]),
  // Cer et al. 2017, https://aclanthology.org/S17-2001
  stsb: { ...task("stsb", ["sentence1", "sentence2"], ["similarity"], ["pearson", "spearmanr"]), regression: true },
  // Williams et al. 2018, https://aclanthology.org/N18-1101
  mnli: {
    ...task("mnli", ["premise", "hypothesis"], NLI, ["accuracy"]),
    validationSplits: ["validation_matched", "validation_mismatched"],
  },
  "mnli-mm": {
    ...task("mnli-mm", ["premise", "hypothesis"], NLI, ["accuracy"]),
    config: "mnli",
    validationSplits: ["validation_mismatched"],
  },
  // Rajpurkar et al. 2016, https://aclanthology.org/D16-1264, recast by GLUE
  qnli: task("qnli", ["question", "sentence"], ["entailment", "not_entailment"], ["accuracy"]),
  // Dagan et al. 2006 and its successors, https://doi.org/10.1007/11736790_9
  rte: task("rte", ["sentence1", "sentence2"], ["entailment", "not_entailment"], ["accuracy"]),
  // Levesque et al. 2012, https://cdn.aaai.org/ocs/4492/4492-21843-1-PB.pdf, recast by GLUE
  wnli: task("wnli", ["sentence1", "sentence2"], ["not_entailment", "entailment"], ["accuracy"]),
  // GLUE's diagnostics, https://gluebenchmark.com/diagnostics: one split, whose labels the Hub's files withhold
  ax: {
    ...task("ax", ["premise", "hypothesis"], NLI, ["matthews_correlation", "accuracy"]),
    validationSplits: ["test"],
    primary: "matthews_correlation",
    score: (figures) => figures.matthews_correlation,
  },
};

function task(
  name: GlueTask,
  textColumns: GlueMetric["textColumns"],
  labels: readonly string[],
  figures: readonly string[],
): GlueMetric {
  return {
    task: name,
    config: name,
    textColumns,
    labels,
    regression: false,
    validationSplits: ["validation"],
    figures,
    primary: figures.length === 1 ? figures[0] : "combined_score",
    compute(predicted, actual) {
      if (Array.from(actual).includes(-1)) {
        const hint = "The Hub's files mark a withheld label so: evaluate on a validation split.";
        throw expectedGot("metrics/unlabelled", `glueMetrics["${name}"]`, "a label for each example", -1, hint);
      }
      return Object.fromEntries(figures.map((figure) => [figure, FIGURES[figure](predicted, actual)]));
    },
    score: (values) => figures.reduce((sum, figure) => sum + values[figure], 0) / figures.length,
  };
}
