import { expectedGot } from "../errors/index.ts";
import { checkPairs } from "./check-pairs.ts";
import { type ClassCount, type Classes, type ClassLabel, countClasses, share } from "./class-counts.ts";

/**
 * How the classes' scores become one.
 *
 * - `binary`: the score of the class `positive`.
 * - `macro`: mean over classes, each counting alike.
 * - `micro`: hits, predictions and examples summed over classes first; accuracy, when every class counts.
 * - `weighted`: mean over classes, each by its number of examples.
 */
export type Average = "binary" | "macro" | "micro" | "weighted";

export interface ScoreOptions {
  /** Default `binary`. */
  readonly average?: Average;
  /** The class that `binary` scores; default 1. */
  readonly positive?: ClassLabel;
  /** The classes that the other averages run over, or their number; default those that occur on either side, as in scikit-learn. */
  readonly classes?: Classes;
}

/**
 * Share of examples whose prediction is the label, in [0, 1].
 *
 * @param predicted - [N] classes.
 * @param actual - [N] classes.
 * @throws `metrics/bad-shape` when the lists differ in length or are empty.
 * @example accuracy([0, 1, 1], [0, 1, 0]) // 0.667
 */
export function accuracy(predicted: ArrayLike<ClassLabel>, actual: ArrayLike<ClassLabel>): number {
  checkPairs("accuracy", predicted, actual);
  let hits = 0;
  for (let i = 0; i < actual.length; i++) if (predicted[i] === actual[i]) hits++;
  return hits / actual.length;
}

/**
 * Precision, TP / (TP + FP): the share of a class's predictions that are right. 0 where nothing was predicted.
 *
 * @param predicted - [N] classes.
 * @param actual - [N] classes.
 * @param options - Average (default `binary`), positive class (default 1), classes (default those present).
 * @throws `metrics/bad-shape` when the lists differ in length or are empty; `metrics/bad-class` as {@link f1Score}.
 * @example precision([1, 1, 0], [1, 0, 0]) // 0.5
 */
export const precision = (predicted: ArrayLike<ClassLabel>, actual: ArrayLike<ClassLabel>, options: ScoreOptions = {}): number =>
  score("precision", predicted, actual, options, precisionOf);

/**
 * Recall, TP / (TP + FN): the share of a class's examples that were found. 0 where there are none.
 *
 * @param predicted - [N] classes.
 * @param actual - [N] classes.
 * @param options - Average (default `binary`), positive class (default 1), classes (default those present).
 * @throws `metrics/bad-shape` when the lists differ in length or are empty; `metrics/bad-class` as {@link f1Score}.
 * @example recall([1, 1, 0], [1, 0, 0]) // 1
 */
export const recall = (predicted: ArrayLike<ClassLabel>, actual: ArrayLike<ClassLabel>, options: ScoreOptions = {}): number =>
  score("recall", predicted, actual, options, recallOf);

/**
 * F1, 2 TP / (2 TP + FP + FN): harmonic mean of precision and recall. 0 where the class occurs on neither side.
 *
 * @param predicted - [N] classes.
 * @param actual - [N] classes.
 * @param options - Average (default `binary`), positive class (default 1), classes (default those present).
 * @throws `metrics/bad-shape` when the lists differ in length or are empty; `metrics/bad-class` when `binary` is asked for and
 *   more than two classes occur, or two of which neither is `positive`.
 * @example f1Score([0, 2, 1, 2], [0, 1, 1, 2], { average: "macro" }) // 0.778
 *
 * Source: scikit-learn's `f1_score` with `zero_division=0`; `classes` is its `labels`. A macro F1
 * is the mean of F1s, not the F1 of mean precision and mean recall.
 */
export const f1Score = (predicted: ArrayLike<ClassLabel>, actual: ArrayLike<ClassLabel>, options: ScoreOptions = {}): number =>
  score("f1Score", predicted, actual, options, f1Of);

export const precisionOf = ({ hits, predicted }: ClassCount): number => share(hits, predicted);
export const recallOf = ({ hits, actual }: ClassCount): number => share(hits, actual);
export const f1Of = ({ hits, predicted, actual }: ClassCount): number => share(2 * hits, predicted + actual);

/** Mean over classes, each counting alike. */
export const macro = (counts: readonly ClassCount[], of: (count: ClassCount) => number): number =>
  counts.reduce((sum, count) => sum + of(count), 0) / counts.length;

/** The score of the counts summed over classes. */
export const micro = (counts: readonly ClassCount[], of: (count: ClassCount) => number): number =>
  of({
    hits: counts.reduce((sum, { hits }) => sum + hits, 0),
    predicted: counts.reduce((sum, { predicted }) => sum + predicted, 0),
    actual: counts.reduce((sum, { actual }) => sum + actual, 0),
  });

function score(
  where: string,
  predicted: ArrayLike<ClassLabel>,
  actual: ArrayLike<ClassLabel>,
  { average = "binary", positive = 1, classes }: ScoreOptions,
  of: (count: ClassCount) => number,
): number {
  checkPairs(where, predicted, actual);
  if (average === "binary") {
    const present = countClasses(predicted, actual);
    if (present.size > 2 || (present.size === 2 && !present.has(positive))) {
      throw expectedGot(
        "metrics/bad-class",
        where,
        `two classes, one of them the positive class ${JSON.stringify(positive)}`,
        [...present.keys()].map((name) => JSON.stringify(name)),
        'Name another with "positive", or take the average "macro", "micro" or "weighted" for more than two.',
      );
    }
    return of(present.get(positive) ?? { hits: 0, predicted: 0, actual: 0 });
  }
  const counts = [...countClasses(predicted, actual, classes).values()];
  if (average === "macro") return macro(counts, of);
  if (average === "micro") return micro(counts, of);
  const examples = counts.reduce((sum, count) => sum + count.actual, 0);
  return share(
    counts.reduce((sum, count) => sum + count.actual * of(count), 0),
    examples,
  );
}
