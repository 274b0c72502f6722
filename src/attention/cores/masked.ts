import {
  add,
  broadcastTo,
  cast,
  constant,
  type DropoutMask,
  greater,
  matmul,
  mul,
  type Node,
  pairsOfSlots,
  reshape,
  type Shape,
  sumTo,
} from "../../graph/index.ts";
import { dropoutOf } from "../dropouts/dropouts.ts";
import { shapeOfSlots } from "../patterns/parts/token-blocks.ts";
import type { GraphView, KeyBlocks } from "../patterns/pattern.ts";
import { blockGroupsOfHeads, planBlocks, planMask, planNormaliser } from "../plan.ts";
import { validQueries } from "../visibility.ts";
import { attendByHeads } from "./by-heads.ts";
import type { AttentionCore, CoreNodes, CoreView } from "./core.ts";
import { withFirstRows } from "./first-rows.ts";

/**
 * Computes every score, and removes pairs before the softmax: exact for any pattern and any normaliser, and never faster than dense
 * attention.
 *
 * @see Vaswani et al., arXiv 1706.03762; the removal before the softmax: arXiv 2508.06016.
 */
export const masked: AttentionCore = {
  name: "masked",
  keepsProbabilities: true,
  attend: (q, k, v, view) => attendMasked(q, k, v, view),
};

/** `masked` for a graph that is handed on: no input and no size that does not follow from a text's tokens alone. */
export const portable: AttentionCore = {
  name: "portable",
  keepsProbabilities: true,
  attend: (q, k, v, view) => attendMasked(q, k, v, view, { tokensOnly: true }),
};

function attendMasked(q: Node, k: Node, v: Node, view: CoreView, form: Pick<GraphView, "tokensOnly"> = {}): CoreNodes {
  const { visibility, plan, layer, layers, heads, scale, bias, dropoutMask, input } = view;
  const products = matmul(q, k, { transB: true, alpha: scale }); // [B, H, n, n]
  const scores = bias ? add(products, bias) : products; // [B, H, n, n]
  const allowed = visibility.graph(input); // [B, 1, 1 or n, n]
  const { full } = visibility;
  const biased = bias !== undefined;
  const ofLayer = { q, k, scores: () => scores, biased, visibility, allowed, full, layer, heads, input, ...form };
  const groups = dropoutMask && !biased && blockGroupsOfHeads(plan, ofLayer, layers);
  if (groups) {
    const probabilities = () => attendMasked(q, k, v, { ...view, dropoutMask: null }).probabilities!();
    return { ...attendByHeads(q, k, v, view, groups, attendMasked), probabilities };
  }
  const keep = planMask(plan, ofLayer, layers);
  const { normalise, removesPairs } = planNormaliser(plan, layer);
  // Rows of padded queries may come out empty all the same: they are zeroed below.
  const rowsKeepOne = full && (keep === allowed || plan.pattern.emptiesRows !== true);
  const probabilities = normalise(scores, keep, { rowsKeepOne, input }); // [B, H, n, n]
  const blocks = dropoutMask && !biased ? planBlocks(plan, ofLayer, layers) : null;
  const maskOf = (shape: Shape): DropoutMask | null =>
    dropoutMask && (blocks ? maskOfPairs(dropoutMask(shapeOfSlots(blocks)), blocks) : dropoutMask(shape));
  const weights = dropoutOf(plan.dropout).apply(probabilities, maskOf); // [B, H, n, n]
  const whole = matmul(weights, v); // [B, H, n, d]
  const context = blocks?.firstRows ? withFirstRows([q, k, v], whole, blocks.firstRows, view) : whole; // [B, H, n, d]
  const queries = validQueries(input); // [B, 1, n, 1]
  return {
    context: mul(context, queries), // [B, H, n, d]
    keptPairs: countKept(removesPairs ? greater(probabilities, constant(0)) : keep, queries, heads), // [B]
    probabilities: () => mul(probabilities, queries), // [B, H, n, n]
  };
}

/** What is drawn for the pairs of listed blocks, for the matrix of all pairs: so `masked` drops what `gathered` drops. */
const maskOfPairs = ({ mask, probability }: DropoutMask, { ids }: KeyBlocks): DropoutMask => ({
  mask: pairsOfSlots(mask, ids, "n"),
  probability,
});

/** Pairs of real queries and keys that the mask keeps, over all heads: float [B], whole numbers. */
function countKept(keep: Node, queries: Node, heads: number): Node {
  const keysPerQuery = sumTo(cast(keep, "float"), [...keep.shape.slice(0, -1), 1]); // broadcastable to [B, H, n, 1]
  const real = mul(broadcastTo(keysPerQuery, ["B", heads, "n", 1]), queries); // [B, H, n, 1]
  return reshape(sumTo(real, ["B", 1, 1, 1]), ["B"]);
}
