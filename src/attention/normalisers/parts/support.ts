import {
  and,
  cast,
  constant,
  cumulativeSum,
  div,
  greater,
  mul,
  type Node,
  reshape,
  type Shape,
  select,
  sortRows,
  sub,
  sumTo,
  where,
} from "../../../graph/index.ts";
import type { NormaliserView } from "../normaliser.ts";

/** The first values of a sorted row: how many they are, their sum and that of their squares, float [...] each. */
export interface Prefix {
  readonly count: Node;
  readonly sum: Node;
  readonly squares: Node;
}

/** Below any score. */
const LOWEST = -3e38;
const zero = (): Node => constant(0);
const rowOf = ({ shape }: Node): Shape => [...shape.slice(0, -1), 1];

/**
 * Which kept keys have a probability above 0: those above their row's threshold, which is found by sorting the row.
 *
 * The support is the longest prefix of the sorted row whose last value lies above the threshold of that prefix. Values are taken as
 * differences to the row's largest, and none below −1: the threshold lies above that, so that the support is the same, and removed
 * pairs add no huge numbers. No gradient flows through the choice.
 *
 * @param z - float [..., n].
 * @param keep - Bool, broadcastable to z.
 * @param thresholdOf - The threshold of a row of which only a prefix would count.
 * @returns Bool [..., n], a subset of `keep`; at least the largest value of a row that keeps any.
 * @see Martins and Astudillo, arXiv 1602.02068, algorithm 1; Peters et al., arXiv 1905.05702, algorithm 2.
 */
export function supportOf(z: Node, keep: Node, { input }: NormaliserView, thresholdOf: (prefix: Prefix) => Node): Node {
  const ranked = sortRows(where(keep, z, constant(LOWEST))); // [..., n]
  const largest = reshape(select(ranked, z.shape.length - 1, 0), rowOf(z)); // [..., 1]
  const differences = sub(ranked, largest); // [..., n]
  const values = where(greater(differences, constant(-1)), differences, constant(-1)); // [..., n]
  const squares = mul(values, values); // [..., n]
  const count = input("normaliser.ranks", [z.shape[z.shape.length - 1]], "float", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at + 1;
  }); // [n]
  const prefixes = { count, sum: cumulativeSum(values), squares: cumulativeSum(squares) };
  const inside = greater(values, thresholdOf(prefixes)); // [..., n]
  const sumOf = (x: Node): Node => sumTo(where(inside, x, zero()), rowOf(z)); // [..., 1]
  const threshold = thresholdOf({
    count: sumTo(cast(inside, "float"), rowOf(z)),
    sum: sumOf(values),
    squares: sumOf(squares),
  }); // [..., 1]
  return and(keep, greater(sub(z, largest), threshold)); // [..., n]
}

/** Number of keys in the support of a row, at least 1, and how far each value lies from their mean: float [..., 1] and [..., n]. */
export function aroundMean(z: Node, support: Node): { readonly count: Node; readonly deviations: Node } {
  const counted = sumTo(cast(support, "float"), rowOf(z)); // [..., 1]
  const count = where(greater(counted, zero()), counted, constant(1)); // [..., 1]
  const mean = div(sumTo(where(support, z, zero()), rowOf(z)), count); // [..., 1]
  return { count, deviations: sub(z, mean) };
}

/** x where it is above 0, else 0; for what is above 0 but for rounding. */
export const atLeastZero = (x: Node): Node => where(greater(x, zero()), x, zero());

/** Sum over the support of each row: float [..., n] → [..., 1]. */
export const sumOver = (support: Node, x: Node): Node => sumTo(where(support, x, zero()), rowOf(x));
