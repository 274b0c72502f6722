import {
  broadcastTo,
  constant,
  type Dim,
  derived,
  div,
  greater,
  matmul,
  type Node,
  reshape,
  where,
} from "../../../graph/index.ts";
import type { GraphView } from "../pattern.ts";

/** N: blocks of `size` tokens that a row of n has, the last one shorter where n is no multiple. */
export const blocksOf = (size: number): Dim => derived(`blocksOf${size}`, "n", (n) => Math.ceil(n / size));

/** Each block's place, from 0: int32 [N]. */
export const blockPlaces = (view: GraphView, size: number): Node =>
  view.input(`blocks.${size}.places`, [blocksOf(size)], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });

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
  view.input(`blocks.${size}.members`, ["B", 1, blocksOf(size), "n"], "float", (out, { lengths, bindings: { n } }) => {
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
  const { heads } = view;
  const pool = broadcastTo(members(view, size), ["B", heads, blocksOf(size), "n"]); // [B, H, N, n]
  const queries = matmul(pool, chosen, { transA: true }); // [B, H, n, N]
  return greater(matmul(queries, pool), constant(0)); // [B, H, n, n]
}
