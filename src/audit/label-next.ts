import { cosineDistance, type UnitVector } from "./nearest.ts";

/** An unlabelled text that is worth a label. */
export interface NextToLabel {
  /** Among the unlabelled texts, from 0. */
  readonly at: number;
  /** p of the most probable class less that of the second; in [0, 1]. */
  readonly margin: number;
}

/** So many times what is asked for is chosen from: the most uncertain. */
const POOL = 20;

/**
 * Choose which texts to label next: uncertain ones that differ from each other.
 *
 *     first: the least margin m = p₁ − p₂;   then, one by one: the largest (1 − m(x)) · min { 1 − cos(x, y) : y chosen }
 *
 * The margin alone would choose many texts that say the same. Equal texts are at distance 0, so that one of them is chosen.
 * Where fewer than `most` are worth more than 0, the others are chosen by their distance alone.
 *
 * @param probabilities - Of each text; [N][C], C ≥ 2.
 * @param features - Of each text, of length 1; [N][D].
 * @param most - How many are wanted.
 * @example
 * chooseNext([[0.5, 0.5], [0.5, 0.5], [0.6, 0.4]], [[1, 0], [1, 0], [0, 1]], 2).map(({ at }) => at); // [0, 2]
 */
export function chooseNext(
  probabilities: readonly (readonly number[])[],
  features: readonly UnitVector[],
  most: number,
): NextToLabel[] {
  const all = probabilities.map((row, at): NextToLabel => {
    const [first, second] = [...row].sort((a, b) => b - a);
    return { at, margin: first - second };
  });
  const pool = all.sort((a, b) => a.margin - b.margin || a.at - b.at).slice(0, POOL * most);
  const distances = pool.map(() => 1); // to the nearest that was chosen
  const chosen: NextToLabel[] = [];
  while (chosen.length < most) {
    let best = largest(pool.map(({ margin }, place) => (1 - margin) * distances[place]));
    // what is left is certain to the last digit, and still differs
    if (best < 0) best = largest(distances);
    if (best < 0) break;
    chosen.push(pool[best]);
    const last = features[pool[best].at];
    pool.forEach(({ at }, place) => {
      distances[place] = Math.min(distances[place], distanceOf(features[at], last));
    });
    distances[best] = 0;
  }
  return chosen;
}

/** The place of the largest number above 0, the first of equal ones; -1 where there is none. */
function largest(numbers: readonly number[]): number {
  const most = Math.max(0, ...numbers);
  return most > 0 ? numbers.indexOf(most) : -1;
}

/** Rounding leaves a little between equal texts. */
const distanceOf = (a: UnitVector, b: UnitVector): number => {
  const distance = cosineDistance(a, b);
  return distance < 1e-6 ? 0 : distance;
};
