import { permutation } from "../random/index.ts";

/** Places of the examples to learn from, and of those to test on; both ascending. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/**
 * Cut examples into k folds in which every label has its share: each example is tested in one of them.
 *
 * @param labels - Class of each example.
 * @param k - Number of folds; fewer where there are fewer examples.
 * @param seed - Of the order in which examples of a label are dealt out; default 0.
 * @example
 * folds([0, 0, 1, 1], 2).map(({ test }) => test); // one of each label in both
 */
export function folds(labels: ArrayLike<number>, k: number, seed = 0): Fold[] {
  const order = [...permutation({ seed, step: 0, site: "folds" }, labels.length)].sort((a, b) => labels[a] - labels[b]);
  const count = Math.min(k, labels.length);
  const foldOf = new Uint32Array(labels.length);
  for (const [at, example] of order.entries()) foldOf[example] = at % count;
  const places = Array.from(foldOf, (_, at) => at);
  return Array.from({ length: count }, (_, fold) => ({
    train: places.filter((at) => foldOf[at] !== fold),
    test: places.filter((at) => foldOf[at] === fold),
  }));
}
