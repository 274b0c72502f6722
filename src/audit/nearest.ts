/** A vector of length 1. */
export type UnitVector = ArrayLike<number>;

/** 1 − cosine of two vectors of length 1: 0 for the same direction, 2 for opposite ones. */
export function cosineDistance(a: UnitVector, b: UnitVector): number {
  let dot = 0;
  for (let at = 0; at < a.length; at++) dot += a[at] * b[at];
  return 1 - dot;
}
