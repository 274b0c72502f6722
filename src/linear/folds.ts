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
 * @param k - Number of folds; fewer where there are fewer examples, or fewer groups.
 * @param options.seed - Of the order in which examples of a label are dealt out; default 0.
 * @param options.groups - Examples of one group are in one fold: equal texts, which would give each other away.
 * @example
 * folds([0, 0, 1, 1], 2).map(({ test }) => test); // one of each label in both
 */
export function folds(
  labels: ArrayLike<number>,
  k: number,
  { seed = 0, groups }: { readonly seed?: number; readonly groups?: ArrayLike<number> } = {},
): Fold[] {
  const order = [...permutation({ seed, step: 0, site: "folds" }, labels.length)].sort((a, b) => labels[a] - labels[b]);
  const count = Math.min(k, labels.length);
  const foldOf = new Uint32Array(labels.length);
  const known = new Map<number, number>();
  let dealt = 0;
  for (const example of order) {
    const group = groups?.[example];
    const fold = (group === undefined ? undefined : known.get(group)) ?? dealt++ % count;
    if (group !== undefined) known.set(group, fold);
    foldOf[example] = fold;
  }
  const places = Array.from(foldOf, (_, at) => at);
  const cut = Array.from({ length: count }, (_, fold) => ({
    train: places.filter((at) => foldOf[at] !== fold),
    test: places.filter((at) => foldOf[at] === fold),
  })).filter(({ train, test }) => train.length > 0 && test.length > 0);
  // where nearly all examples are of one group, there is nothing to keep apart
  return cut.length < Math.min(2, count) && groups ? folds(labels, k, { seed }) : cut;
}
