/** Beyond this, more first texts move the figures by less than their interval. */
const MOST_ASKED = 1000;

/** How many first vectors are asked of so many rows. */
export const askedOf = (rows: number): number => Math.min(rows, MOST_ASKED);

/** How well each first vector finds its second one. */
export interface RetrievalScores {
  /** Share of first vectors whose own second is closer than any other. */
  readonly accuracyAt1: number;
  /** Mean of 1 / rank of the own second; 0 from rank 11 on. */
  readonly mrrAt10: number;
  /** Mean of −log softmax(scale · cosine)[own second]. */
  readonly loss: number;
}

/**
 * Find each first vector's own second among all second ones by cosine; a tie counts against it.
 *
 * More than 1,000 first vectors are thinned out evenly; the second ones are all looked at.
 *
 * @param firsts - [N][D] of length 1.
 * @param seconds - [N][D] of length 1; number i belongs to first i.
 * @param rules.scale - Of the cosines in the loss.
 * @param rules.isOther - Whether second `other` is one that first `row` should not find; asked for others than `row`.
 * @returns NaN everywhere without vectors.
 * @example
 * retrievalScores([[1, 0], [0, 1]], [[1, 0], [0, 1]], { scale: 20, isOther: () => true }).accuracyAt1; // 1
 */
export function retrievalScores(
  firsts: readonly ArrayLike<number>[],
  seconds: readonly ArrayLike<number>[],
  { scale, isOther }: { readonly scale: number; readonly isOther: (row: number, other: number) => boolean },
): RetrievalScores {
  const most = askedOf(firsts.length);
  const asked = Array.from({ length: most }, (_, at) => Math.floor((at * firsts.length) / most));
  let [right, reciprocal, loss] = [0, 0, 0];
  for (const row of asked) {
    const own = dot(firsts[row], seconds[row]);
    let [rank, others] = [1, 0];
    for (let other = 0; other < seconds.length; other++) {
      if (other === row || !isOther(row, other)) continue;
      const cosine = dot(firsts[row], seconds[other]);
      if (cosine >= own) rank++;
      others += Math.exp(scale * (cosine - own));
    }
    right += Number(rank === 1);
    reciprocal += rank <= 10 ? 1 / rank : 0;
    loss += Math.log1p(others);
  }
  return { accuracyAt1: right / asked.length, mrrAt10: reciprocal / asked.length, loss: loss / asked.length };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
