import { add, constant, div, relu, sub, where } from "../../graph/index.ts";
import type { Normaliser } from "./normaliser.ts";
import { aroundMean, supportOf } from "./parts/support.ts";

/**
 * The probabilities nearest to the scores: `argmin ‖p − z‖²`, which is `max(z − τ, 0)` with the τ that makes them sum to 1. Keys far
 * below the largest score get exactly 0.
 *
 * Exact, by sorting. Over the keys above τ, `τ = (Σ z − 1) / count`, so that the gradient is the upstream one less its mean over them.
 *
 * @see Martins and Astudillo, *From Softmax to Sparsemax* (arXiv 1602.02068).
 */
export const sparsemax: Normaliser = {
  name: "sparsemax",
  summary: "the nearest probabilities; keys far below the largest score get 0",
  removesPairs: true,
  byBlocks: false,
  normalise(scores, keep, view) {
    const support = supportOf(scores, keep, view, ({ count, sum }) => div(sub(sum, constant(1)), count));
    const { count, deviations } = aroundMean(scores, support);
    return where(support, relu(add(deviations, div(constant(1), count))), constant(0));
  },
};
