import { counted, expectedGot } from "../errors/index.ts";

/**
 * Refuse lists of predictions and labels that cannot be compared.
 *
 * @param where - Public name the caller typed.
 * @throws `metrics/bad-shape` when they differ in length or hold nothing.
 */
export function checkPairs(where: string, predicted: ArrayLike<unknown>, actual: ArrayLike<unknown>): void {
  if (predicted.length !== actual.length) {
    throw expectedGot(
      "metrics/bad-shape",
      where,
      "as many predictions as labels",
      `${counted(predicted.length, "prediction")}, ${counted(actual.length, "label")}`,
    );
  }
  if (actual.length === 0) throw expectedGot("metrics/bad-shape", where, "at least one example", "none");
}
