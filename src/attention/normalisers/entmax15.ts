import { add, constant, div, mul, type Node, scale, sqrt, sub, where } from "../../graph/index.ts";
import type { Normaliser } from "./normaliser.ts";
import { aroundMean, atLeastZero, sumOver, supportOf } from "./parts/support.ts";

/**
 * 1.5-entmax, half way from softmax to sparsemax: `p = max(z / 2 − τ, 0)²` with the τ that makes them sum to 1. Keys far below the
 * largest score get exactly 0, and the others fall off smoothly.
 *
 * Exact, by sorting. Over the keys above τ, with M the mean of their z / 2 and S the sum of squared differences to it,
 * `τ = M − √((1 − S) / count)`.
 *
 * @see Peters, Niculae and Martins, *Sparse Sequence-to-Sequence Models* (arXiv 1905.05702); Correia et al., *Adaptively Sparse
 *   Transformers* (arXiv 1909.00015), who learn α for each head; here it is 1.5.
 */
export const entmax15: Normaliser = {
  name: "entmax15",
  summary: "half way from softmax to sparsemax; keys far below the largest score get 0",
  removesPairs: true,
  byBlocks: false,
  normalise(scores, keep, view) {
    const z = scale(scores, 0.5);
    const support = supportOf(z, keep, view, ({ count, sum, squares }) => {
      const mean = div(sum, count);
      return sub(mean, aboveMean(sub(squares, mul(sum, mean)), count));
    });
    const { count, deviations } = aroundMean(z, support);
    const root = aboveMean(sumOver(support, mul(deviations, deviations)), count); // [..., 1]
    const above = add(deviations, root); // [..., n]: z − τ
    return where(support, mul(above, above), constant(0));
  },
};

/** How far the mean of the support lies above τ; the square root's argument is below 0 for prefixes that are no support. */
const aboveMean = (squaredDifferences: Node, count: Node): Node =>
  sqrt(atLeastZero(div(sub(constant(1), squaredDifferences), count)));
