/** What a sparsity is counted in: 15 decimals are as many as a double holds of any number below 1. */
const WHOLE = 10n ** 15n;

/**
 * `2 · sparsity · count`, as far as whole numbers can be compared with it: exact where it is whole, else its floor and a half.
 *
 * Which of two whole numbers lies nearer to `sparsity · count`, or that both are as near, is whether their sum lies below, above or at
 * this; in floating point 0.36 · 100 and the like would decide by their last bit. The sparsity is taken as the decimal it was written
 * as, 0.36 = 36 / 100, and under a ramp as the decimal that the product with the strength stands for.
 *
 * @param sparsity - In [0, 1).
 * @param count - A whole number, at least 0.
 * @example
 * twiceShare(0.36, 100); // 72
 * twiceShare(0.3, 4); // 2.5, for 2.4
 */
export function twiceShare(sparsity: number, count: number): number {
  const product = 2n * BigInt(Math.round(sparsity * Number(WHOLE))) * BigInt(count);
  const floor = Number(product / WHOLE);
  return product % WHOLE === 0n ? floor : floor + 0.5;
}
