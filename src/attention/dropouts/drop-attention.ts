import {
  broadcastTo,
  constant,
  div,
  dropout,
  greater,
  mul,
  type Node,
  type Shape,
  stopGradient,
  sumTo,
  where,
} from "../../graph/index.ts";
import type { AttentionDropout } from "./attention-dropout.ts";

/**
 * DropAttention of single probabilities: each is dropped for itself, and the others are divided by what is left of their row.
 *
 * So a row sums to 1 at every update, and not only in the mean. The divisor is a constant to the gradient. A row that loses all of its
 * keys is 0.
 *
 * @see Lin et al., *DropAttention* (arXiv 1907.11065), DropAttention(e) with a window of 1.
 */
export const elements: AttentionDropout = {
  name: "elements",
  summary: "single probabilities; what is left of a row sums to 1",
  byBlocks: false,
  apply(probabilities, maskOf) {
    const mask = maskOf(probabilities.shape);
    return mask ? shared(dropout(probabilities, mask.mask, mask.probability)) : probabilities;
  },
};

/**
 * DropAttention of keys: a key is dropped for all queries of its head, and the other probabilities are divided by what is left of their
 * row, as {@link elements} does.
 *
 * @see Lin et al., *DropAttention* (arXiv 1907.11065), DropAttention(c) with a window of 1.
 */
export const columns: AttentionDropout = {
  name: "columns",
  summary: "keys, for all queries of a head; what is left of a row sums to 1",
  byBlocks: false,
  apply(probabilities, maskOf) {
    const [B, H, , n] = probabilities.shape;
    const ofKeys: Shape = [B, H, 1, n];
    const mask = maskOf(ofKeys);
    if (!mask) return probabilities;
    const kept = dropout(broadcastTo(constant(1), ofKeys), mask.mask, mask.probability); // [B, H, 1, n]
    return shared(mul(probabilities, kept));
  },
};

/** Each row divided by its sum: the scale of dropout goes with it. */
function shared(weights: Node): Node {
  const sums = sumTo(weights, [...weights.shape.slice(0, -1), 1]); // [B, H, n, 1]
  return div(weights, stopGradient(where(greater(sums, constant(0)), sums, constant(1))));
}
