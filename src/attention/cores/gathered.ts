import {
  add,
  bindDim,
  blockAttention,
  broadcastTo,
  cast,
  constant,
  mul,
  type Node,
  reshape,
  type Shape,
  sumTo,
  where,
} from "../../graph/index.ts";
import { blockGroups, ofBlocks, shapeOfSlots } from "../patterns/parts/token-blocks.ts";
import type { KeyBlocks } from "../patterns/pattern.ts";
import { blockGroupsOfHeads, planBlocks } from "../plan.ts";
import { type MakeInput, validQueries } from "../visibility.ts";
import { attendByHeads } from "./by-heads.ts";
import type { AttentionCore, CoreNodes, CoreView } from "./core.ts";
import { countFirstRows, withFirstRows } from "./first-rows.ts";
import { masked } from "./masked.ts";

/** float32's lowest number: exp of it is exactly 0. */
const REMOVED = -3.4028234663852886e38;

/**
 * Computes the scores of kept blocks only: work on removed blocks is never done, and no matrix of all pairs exists.
 *
 * For patterns with a block form; layers whose plan has none, or that add a bias to their scores, are computed by `masked`, to the same
 * result. The probabilities of kept blocks are held for the backward pass; `chunked` computes them again.
 *
 * @see Dao et al., arXiv 2205.14135 (FlashAttention, block-sparse).
 */
export const gathered: AttentionCore = {
  name: "gathered",
  keepsProbabilities: false,
  attend: (q, k, v, view) => attendBlocks(q, k, v, view, { formOf: planBlocks, recompute: false }),
};

/** How a core that computes by blocks does so. */
export interface ByBlocks {
  /** As {@link planBlocks}. */
  readonly formOf: typeof planBlocks;
  /** Compute the probabilities again in the backward pass instead of holding them. */
  readonly recompute: boolean;
}

/** Attend by the block form of a layer; where it has none, as `masked` does. */
export function attendBlocks(q: Node, k: Node, v: Node, view: CoreView, how: ByBlocks): CoreNodes {
  const { formOf, recompute } = how;
  const { visibility, plan, layer, layers, heads, scale, bias: ofScores, dropoutMask, input } = view;
  // the backward pass of blockAttention has no gradient for what is added to its scores
  if (ofScores) return masked.attend(q, k, v, view);
  const allowed = visibility.graph(input);
  const ofLayer = { q, k, scores: noScores, visibility, allowed, full: visibility.full, layer, heads, input };
  const blocks = formOf(plan, ofLayer, layers);
  if (!blocks) {
    const groups = blockGroupsOfHeads(plan, ofLayer, layers);
    if (!groups) return masked.attend(q, k, v, view);
    return attendByHeads(q, k, v, view, groups, (...ofGroup) => attendBlocks(...ofGroup, how));
  }
  const { size, ids, keep, firstRows } = blocks;
  const bias = where(keep, constant(0), constant(REMOVED)); // [B, 1 or H, N, 1 or size, K · size]
  const dropout = dropoutMask?.(blocks.keepsAll ? [...q.shape.slice(0, 3), q.shape[2]] : shapeOfSlots(blocks));
  const listed = blockAttention({ q, k, v, ids, bias, dropout }, { size, scale, recompute, ...blockGroups(size) }); // [B, H, n, d]
  const context = firstRows ? withFirstRows([q, k, v], listed, firstRows, view) : listed; // [B, H, n, d]
  const pairs = countKept(blocks, heads, input); // [B]
  return {
    context: mul(context, validQueries(input)), // [B, H, n, d]
    keptPairs: firstRows ? add(pairs, countFirstRows(firstRows, view)) : pairs, // [B]
  };
}

function noScores(): never {
  throw new Error("a block form reads no scores");
}

/** Pairs of real queries and kept keys in listed blocks, over all heads: float [B], whole numbers. */
function countKept({ keep, size, ids, firstRows }: KeyBlocks, heads: number, input: MakeInput): Node {
  const N = ids.shape[2];
  const perQuery = sumTo(cast(keep, "float"), [...keep.shape.slice(0, -1), 1]); // [B, 1 or H, N, 1 or size, 1]
  const first = firstRows?.count ?? 0;
  // its shape tells a runtime the number of blocks, also where nothing but pairs is computed
  const write: Parameters<MakeInput>[3] = (out, { lengths, bindings }) => {
    const [rows, start] = [out.length / lengths.length, bindDim(first, bindings)];
    for (let at = 0; at < out.length; at++) out[at] = Number(at % rows >= start && at % rows < lengths[Math.floor(at / rows)]);
  };
  const axes: readonly [Shape, Shape] = [
    ["B", 1],
    [size, 1],
  ];
  const queries = ofBlocks({ input }, `blocks.${size}.queriesFrom.${first}`, size, axes, "float", write); // [B, 1, N, size, 1]
  const real = mul(broadcastTo(perQuery, ["B", heads, N, perQuery.shape[3], 1]), queries); // [B, H, N, size, 1]
  return reshape(sumTo(real, ["B", 1, 1, 1, 1]), ["B"]);
}
