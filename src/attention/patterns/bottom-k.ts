import { type RankOptions, rankedByScore } from "./parts/ranked-keys.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Of every query's allowed keys, keep the k with the smallest scaled score, so that the largest are removed: as many keys as `topK`
 * keeps, from the other end of the ranking.
 *
 * A control. It removes what the model attends to most; where it does as well as `topK`, the gain comes from removing pairs at all and
 * not from removing the weak ones. Ties go to the earlier key. The gradient flows through the kept scores only.
 *
 * @param options - As for `topK`.
 * @throws `pattern/bad-parameter`.
 * @example
 * bottomK({ sparsity: 0.75 }); // scores [5, 1, 1, 9] keep [0, 1, 0, 0]
 * @see AD-DROP (arXiv 2210.05883), which drops positions that matter most to the prediction, in training alone and at random among
 *   them; here what matters is the score itself, and the choice is not drawn.
 */
export const bottomK = (options: RankOptions): Pattern => rankedByScore("bottomK", "smallest", options);
