import { broadcastTo, greater, product } from "../../graph/index.ts";
import { blockPlaces, blocksOf, textLengths } from "../patterns/parts/token-blocks.ts";
import type { GraphView, KeyBlocks } from "../patterns/pattern.ts";
import { keepsAllPairs, planBlocks } from "../plan.ts";
import type { AttentionCore } from "./core.ts";
import { attendBlocks } from "./gathered.ts";

/** Tokens a block of queries. */
const SIZE = 128;

/**
 * As `gathered`; layers that keep all pairs are computed block of queries by block of queries too, and probabilities are computed again
 * in the backward pass, so that no layer holds a matrix of pairs: a little slower, in a fraction of the memory.
 *
 * @see Rabe and Staats, arXiv 2112.05682 (attention in chunks).
 */
export const chunked: AttentionCore = {
  name: "chunked",
  keepsProbabilities: false,
  attend: (q, k, v, view) =>
    attendBlocks(q, k, v, view, {
      formOf: (plan, ofLayer, layers) => (keepsAllPairs(plan, ofLayer) ? everyBlock(ofLayer) : planBlocks(plan, ofLayer, layers)),
      recompute: true,
    }),
};

/** Every block of queries reads every block of keys. */
function everyBlock(view: GraphView): KeyBlocks {
  const N = blocksOf(SIZE);
  const tokens = product([N, SIZE]);
  const places = view.input(`blocks.${SIZE}.tokenPlaces`, [tokens], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });
  const real = greater(textLengths(view), places); // [B, 1, 1, 1, N · size]
  const ids = broadcastTo(blockPlaces(view, SIZE), ["B", view.heads, N, N]);
  return { size: SIZE, ids, keep: broadcastTo(real, ["B", 1, N, 1, tokens]), keepsAll: true };
}
