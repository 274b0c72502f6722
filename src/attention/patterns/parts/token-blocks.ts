import {
  add,
  broadcastTo,
  constant,
  type Dim,
  type DType,
  derived,
  div,
  greater,
  matmul,
  mul,
  type Node,
  product,
  reshape,
  type Shape,
  where,
} from "../../../graph/index.ts";
import type { GraphView, KeyBlocks } from "../pattern.ts";
import { upTo } from "./sparsity-or.ts";

/** Blocks of queries that are computed at once, at most: more leave the cache, fewer are too little work for several threads. */
const MOST_TOGETHER = 8;

/** How the blocks of a text are computed: `groups` times `together` of them, the last ones of padding where that is more. */
export function blockGroups(size: number): { readonly groups: Dim; readonly together: Dim } {
  const groups = (n: number): number => Math.ceil(n / size / MOST_TOGETHER);
  return {
    groups: derived(`groupsOf${size}`, "n", groups),
    together: derived(`togetherOf${size}`, "n", (n) => Math.ceil(Math.ceil(n / size) / groups(n))),
  };
}

/** N: blocks of `size` tokens that a row of n has, the last one shorter where n is no multiple. */
export function blocksOf(size: number): Dim {
  const { groups, together } = blockGroups(size);
  return product([groups, together]);
}

/** The pairs of listed blocks, as a core holds them: [B, H, N, size, K · size]. */
export function shapeOfSlots({ ids, size }: Pick<KeyBlocks, "ids" | "size">): Shape {
  const [B, H, N, K] = ids.shape;
  return [B, H, N, size, product([K, size])];
}

/** Input [..., N, ...] whose own axes say how N is made up, so that a runtime can read that off it. */
export function ofBlocks(
  view: Pick<GraphView, "input">,
  name: string,
  size: number,
  [before, behind]: readonly [Shape, Shape],
  ...[dtype, write]: [DType, Parameters<GraphView["input"]>[3]]
): Node {
  const { groups, together } = blockGroups(size);
  const fed = view.input(name, [...before, groups, together, ...behind], dtype, write);
  return reshape(fed, [...before, blocksOf(size), ...behind]);
}

/** Each block's place, from 0: int32 [N]. */
export const blockPlaces = (view: GraphView, size: number): Node =>
  ofBlocks(view, `blocks.${size}.places`, size, [[], []], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });

/** Each query's place in its text, cut into blocks: int32 [N, size, 1]. */
export const queryPlaces = (view: GraphView, size: number): Node =>
  view.input(`blocks.${size}.queryPlaces`, [blocksOf(size), size, 1], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });

/** Real tokens of each text: int32 [B, 1, 1, 1, 1]. */
export const textLengths = (view: GraphView): Node =>
  view.input("lengths", ["B", 1, 1, 1, 1], "int32", (out, { lengths }) => (out as Int32Array).set(lengths));

/** Real tokens of each block, 0 for blocks of padding: float [B, N]. */
export const blockTokens = (view: GraphView, size: number): Node =>
  view.input(`blocks.${size}.tokens`, ["B", blocksOf(size)], "float", (out, { lengths }) => {
    const N = out.length / lengths.length;
    lengths.forEach((length, row) => {
      for (let block = 0; block < N; block++) out[row * N + block] = Math.min(size, Math.max(0, length - block * size));
    });
  });

/** 1 for each real token in the row of its block: float [B, 1, N, n]. */
const members = (view: GraphView, size: number): Node =>
  ofBlocks(view, `blocks.${size}.members`, size, [["B", 1], ["n"]], "float", (out, { lengths, bindings: { n } }) => {
    const table = out as Float32Array;
    const N = out.length / lengths.length / n;
    table.fill(0);
    lengths.forEach((length, row) => {
      for (let token = 0; token < length; token++) table[(row * N + Math.floor(token / size)) * n + token] = 1;
    });
  });

/**
 * Mean score of the pairs of real tokens of two blocks, up to a factor of the row: `Σ q · Σ k / tokens of the key block`.
 *
 * The mean over pairs of `q · k` is the product of the two means, so that no score of a pair is computed.
 *
 * @returns float [B, H, N, N], row = block of queries.
 */
export function pooledScores(view: GraphView, size: number): Node {
  const { q, k, heads } = view;
  const N = blocksOf(size);
  const pool = broadcastTo(members(view, size), ["B", heads, N, "n"]); // [B, H, N, n]
  const sums = matmul(matmul(pool, q), matmul(pool, k), { transB: true }); // [B, H, N, N]
  const tokens = reshape(blockTokens(view, size), ["B", 1, 1, N]);
  return div(sums, where(greater(tokens, constant(0)), tokens, constant(1)));
}

/** What holds for two blocks, for all of their pairs of tokens: float [B, H, N, N] → bool [B, H, n, n]. */
export function spreadOverTokens(view: GraphView, size: number, chosen: Node): Node {
  const pool = broadcastTo(members(view, size), ["B", view.heads, blocksOf(size), "n"]); // [B, H, N, n]
  return spreadOverKeys(view, size, matmul(pool, chosen, { transA: true })); // [B, H, n, n]
}

/** What holds for some queries and a block of keys, for its real tokens: float [B, H, rows, N] → bool [B, H, rows, n]. */
export function spreadOverKeys(view: GraphView, size: number, chosen: Node): Node {
  const pool = broadcastTo(members(view, size), ["B", view.heads, blocksOf(size), "n"]); // [B, H, N, n]
  return greater(matmul(chosen, pool), constant(0));
}

/** Keys of listed blocks: int32 [B, H, N, K] → [B, H, N, K, size]. */
export function keysOfBlocks(ids: Node, size: number): Node {
  const within = constant([...upTo(0, size - 1)], [size], "int32");
  return add(mul(reshape(ids, [...ids.shape, 1]), constant(size, [], "int32")), within);
}
