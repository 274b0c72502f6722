import { permutation } from "../random/index.ts";
import { cosineDistance, type UnitVector } from "./nearest.ts";

/** Texts that are far from all others. */
export interface Outliers {
  /** Mean cosine distance of each text to its nearest others; [N]. */
  readonly distances: readonly number[];
  /** Above it a text is called an outlier. */
  readonly fence: number;
  /** Places of the outliers, the furthest first. */
  readonly found: readonly number[];
}

const NEIGHBOURS = 10;
/** Texts that neighbours are looked for among: all pairs of 67,349 texts would take half an hour. */
const MOST_COMPARED = 2000;

/**
 * Find texts that are far from their nearest neighbours.
 *
 *     d(x) = mean of 1 − cos(x, y) over the 10 nearest y ≠ x of up to 2,000 texts, drawn by the seed
 *     fence = Q3 + 1.5 · (Q3 − Q1) of all d(x)
 *
 * It asks no labels: a text that no class resembles is far from all, however sure a classifier is of it.
 *
 * @param features - Of each text, of length 1; [N][D].
 * @param options.seed - Of the texts that others are compared with; default 0.
 * @returns No distance of a single text.
 * @example
 * findOutliers([[1, 0], [1, 0], [1, 0], [1, 0], [0, 1]]).found; // [4]
 *
 * Source: Tukey's fence; distances as cleanlab's `OutOfDistribution` has them.
 */
export function findOutliers(features: readonly UnitVector[], { seed = 0 }: { readonly seed?: number } = {}): Outliers {
  const order = permutation({ seed, step: 0, site: "outliers" }, features.length);
  const compared = order.subarray(0, MOST_COMPARED);
  const others = new Float64Array(compared.length);
  // beside each other in memory, as each of them is read for every text
  const rows = Array.from(compared, (at) => Float32Array.from(features[at]));
  const distances = features.map((own, at) => {
    for (let place = 0; place < compared.length; place++) {
      others[place] = compared[place] === at ? Infinity : cosineDistance(own, rows[place]);
    }
    return meanOfSmallest(others);
  });
  const sorted = Float64Array.from(distances).sort();
  const [q1, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = q3 + 1.5 * (q3 - q1);
  const found = distances.flatMap((distance, at) => (distance > fence ? [at] : []));
  return { distances, fence, found: found.sort((a, b) => distances[b] - distances[a] || a - b) };
}

/** Of those that are finite; 0 where there is none. */
function meanOfSmallest(distances: Float64Array): number {
  const smallest: number[] = []; // ascending
  for (const distance of distances) {
    if (distance === Infinity || (smallest.length === NEIGHBOURS && distance >= smallest[NEIGHBOURS - 1])) continue;
    let place = smallest.length;
    while (place > 0 && smallest[place - 1] > distance) place--;
    smallest.splice(place, 0, distance);
    smallest.length = Math.min(smallest.length, NEIGHBOURS);
  }
  return smallest.length === 0 ? 0 : smallest.reduce((a, b) => a + b, 0) / smallest.length;
}

/** Of sorted numbers, between neighbours in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return 0;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
