import type { Dim, Node } from "../../graph/index.ts";
import type { MakeInput, Visibility } from "../visibility.ts";
import type { PlaceRule } from "./parts/place-rule.ts";

/** What a pattern's reference form may look at: one attention head of one example. */
export interface HeadView {
  /** Sequence length in tokens, padding included. */
  readonly n: number;
  /** Scaled scores before softmax, float32; shape [n, n], row = query. */
  readonly scores: Float32Array;
  /** 1 where earlier patterns (padding first) still allow the pair; shape [n, n]. */
  readonly allowed: Uint8Array;
  /** Names this head within the run, for patterns that draw at random; `step` is 0 in evaluation. */
  readonly key: {
    readonly seed: number;
    readonly step: number;
    readonly layer: number;
    readonly head: number;
    readonly example: number;
  };
  /** H: heads of the layer; `key.head` is one of them. */
  readonly heads: number;
  /** Share of the nominal sparsity that a ramped schedule has reached, in [0, 1]; default 1. */
  readonly strength?: number;
}

/** What a pattern's graph form may build on: all heads of one layer, for a whole batch. */
export interface GraphView {
  /** Queries: float [B, H, n, d]. */
  readonly q: Node;
  /** Keys: float [B, H, n, d]. */
  readonly k: Node;
  /** Scaled scores before softmax: float [B, H, n, n], the same node at every call. A function, so that who never asks costs nothing. */
  scores(): Node;
  /** True where scores are more than scaled products of `q` and `k`, so that ranks must come from `scores`; default false. */
  readonly biased?: boolean;
  /** Which pairs the model itself lets meet: what `allowed` was at first. */
  readonly visibility: Visibility;
  /** Bool, broadcastable to [B, H, n, n]; at first `visibility`, [B, 1, 1 or n, n]. Rows of padded queries are zeroed later. */
  readonly allowed: Node;
  /** True while `allowed` still holds every valid key, so that no real query's row can be empty. */
  readonly full: boolean;
  /** True where every input and every size must follow from a text's tokens alone, as in an exported model. */
  readonly tokensOnly?: boolean;
  /** The least strength of a ramp that a batch of this graph may have, at which patterns keep most; default 1. */
  readonly leastStrength?: number;
  readonly layer: number;
  /** H */
  readonly heads: number;
  /**
   * An input that the pattern fills itself. The same name (prefix it with the pattern's id, and with the layer where it differs
   * between layers) gives the same node again.
   */
  readonly input: MakeInput;
}

/** The blocks of keys that each block of queries reads. Tokens are cut into N blocks of `size`, see `blocksOf`; the last ones may be padding. */
export interface KeyBlocks {
  readonly size: number;
  /** int32 [B, H, N, K]: places of the blocks of keys, K of them for each block of queries, none twice. */
  readonly ids: Node;
  /** Bool [B, 1 or H, N, 1 or size, K · size]: which of their keys are kept. */
  readonly keep: Node;
  /** Every block of queries lists all blocks in order and keeps all pairs of real tokens; default false. */
  readonly keepsAll?: boolean;
  /**
   * The first queries, where they keep keys in too many blocks to list: `count` of them, and what they keep of all keys, bool
   * [B, 1 or H, count, n]. What the lists say of them does not count.
   */
  readonly firstRows?: { readonly count: Dim; readonly keep: Node };
}

/** Whole blocks of keys, chosen by what stands in them. */
export interface BlockChoice {
  /** Of the pattern. */
  readonly id: string;
  /** Tokens a block. */
  readonly size: number;
  /** How many of a text's blocks of keys a block of queries keeps at most. @param strength - As in {@link HeadView}. */
  most(blocks: number, strength: number): number;
  /** Bool [B, H, N, N]: which blocks of keys each block of queries keeps. */
  chosen(view: GraphView): Node;
}

/**
 * A sparsity pattern: a named rule that may only *remove* pairs.
 *
 * Shared code reads the properties below; it never asks which pattern it holds.
 */
export interface Pattern {
  /** Stable id with its parameters, e.g. `topK(sparsity=0.8)`; printed in reports and read back by `parsePattern`. */
  readonly id: string;
  /** True when `keep` reads `scores`, so that the mask cannot be built before the forward pass. */
  readonly needsScores: boolean;
  /** True where whole rows of real queries may be left without a key by design; default false. Such rows are zero. */
  readonly emptiesRows?: boolean;
  /** True where the kept pairs are drawn at random, so that only Crisp itself can repeat them; default false. */
  readonly isDrawn?: boolean;
  /** Nominal sparsity in [0, 1); null where the pattern's parameter is none. */
  readonly nominalSparsity: number | null;
  /** Reference form: pairs to keep; shape [n, n], always a subset of `view.allowed`. */
  keep(view: HeadView): Uint8Array;
  /** Graph form: bool, broadcastable to [B, H, n, n], a subset of `view.allowed`; the same pairs as `keep`. */
  graph(view: GraphView): Node;
  /**
   * Block form, of patterns whose kept pairs lie in few blocks: the same pairs as `graph`, so that a core can skip all others' work.
   * Null where this view has no such form; absent where no view has one. Lists hold what is kept at {@link GraphView.leastStrength}.
   */
  blocks?(view: GraphView): KeyBlocks | null;
  /**
   * Where the block form follows from rules by place and from whole blocks that are chosen: one of these keeps each kept pair. So a union
   * has a block form too.
   */
  readonly places?: readonly PlaceRule[];
  readonly choices?: readonly BlockChoice[];
}
