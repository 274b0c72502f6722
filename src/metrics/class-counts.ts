import { expectedGot } from "../errors/index.ts";

/** A class index, or a class name. */
export type ClassLabel = number | string;

/** What precision, recall and F1 are made of, for one class. */
export interface ClassCount {
  /** Examples of the class that were predicted as it: true positives. */
  readonly hits: number;
  /** Examples predicted as the class. */
  readonly predicted: number;
  /** Examples of the class. */
  readonly actual: number;
}

/** C for the classes 0 to C − 1, or the classes themselves. */
export type Classes = number | readonly ClassLabel[];

/** part / whole, and 0 where whole is 0: scikit-learn's `zero_division=0`. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * Count hits, predictions and examples of each class.
 *
 * @param predicted - [N].
 * @param actual - [N].
 * @param classes - Which classes to count, and in which order; left out, those that occur on either side.
 * @throws `metrics/bad-class` when `classes` names a class twice, is empty or is not a whole number.
 */
export function countClasses(
  predicted: ArrayLike<ClassLabel>,
  actual: ArrayLike<ClassLabel>,
  classes?: Classes,
): Map<ClassLabel, ClassCount> {
  const counts = new Map<ClassLabel, { hits: number; predicted: number; actual: number }>();
  for (const name of listed(classes)) counts.set(name, { hits: 0, predicted: 0, actual: 0 });
  const countOf = (name: ClassLabel) => {
    const found = counts.get(name);
    if (found || classes !== undefined) return found;
    const fresh = { hits: 0, predicted: 0, actual: 0 };
    counts.set(name, fresh);
    return fresh;
  };
  for (let i = 0; i < actual.length; i++) {
    const ofActual = countOf(actual[i]);
    const ofPredicted = countOf(predicted[i]);
    if (ofActual) ofActual.actual++;
    if (ofPredicted) ofPredicted.predicted++;
    if (ofActual && ofActual === ofPredicted) ofActual.hits++;
  }
  return counts;
}

function listed(classes: Classes | undefined): readonly ClassLabel[] {
  if (classes === undefined) return [];
  const refuse = (got: unknown) =>
    expectedGot("metrics/bad-class", "classes", "a number of classes of at least 1, or distinct classes", got);
  if (typeof classes === "number") {
    if (!Number.isInteger(classes) || classes < 1) throw refuse(classes);
    return Array.from({ length: classes }, (_, c) => c);
  }
  if (classes.length === 0 || new Set(classes).size < classes.length) throw refuse([...classes]);
  return classes;
}
