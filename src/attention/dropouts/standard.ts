import { dropout } from "../../graph/index.ts";
import type { AttentionDropout } from "./attention-dropout.ts";

/** Each probability is dropped for itself, and the others are divided by 1 − p: rows sum to 1 in the mean only. */
export const standard: AttentionDropout = {
  name: "standard",
  summary: "single probabilities; a row sums to 1 in the mean",
  byBlocks: true,
  apply(probabilities, maskOf) {
    const mask = maskOf(probabilities.shape);
    return mask ? dropout(probabilities, mask.mask, mask.probability) : probabilities;
  },
};
