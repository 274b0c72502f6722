import { centredRegression } from "./centred.ts";
import type { Fold } from "./folds.ts";
import { probabilitiesOf } from "./logistic-regression.ts";
import { denseRows } from "./rows.ts";

/**
 * Probabilities of the classes for each row, by a logistic regression of the rows of the other folds: `centredRegression`.
 *
 * @param features - x, one row an example: [N][D].
 * @param labels - Class of each row, in [0, classes).
 * @param cut - Each row is tested in one fold; see `folds`.
 * @returns [N][classes]
 * @example
 * crossPredicted(features, labels, 2, folds(labels, 5, { seed: 1 }))[0]; // [0.9, 0.1]
 */
export function crossPredicted(
  features: readonly ArrayLike<number>[],
  labels: readonly number[],
  classes: number,
  cut: readonly Fold[],
): number[][] {
  const said: number[][] = new Array(labels.length);
  for (const { train, test } of cut) {
    const model = centredRegression(pick(features, train), pick(labels, train), classes);
    for (const [place, row] of probabilitiesOf(model, denseRows(pick(features, test))).entries()) said[test[place]] = row;
  }
  return said;
}

const pick = <T>(all: readonly T[], places: readonly number[]): T[] => places.map((at) => all[at]);
