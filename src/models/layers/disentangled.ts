import {
  add,
  cast,
  constant,
  equal,
  matmul,
  type Node,
  plus,
  product,
  relativeShift,
  reshape,
  transpose,
} from "../../graph/index.ts";
import type { RelativePositions } from "../config/encoder-config.ts";
import type { EncoderBuild } from "../families/family.ts";

/** Names of DeBERTa's parameters of relative positions, without the last part. */
export interface RelativeNames {
  /** The table of rows by distance. */
  readonly table: string;
  /** Its LayerNorm. */
  readonly norm: string;
  /** Projection of positions to the keys that content queries meet, in a layer. */
  readonly key: (layer: number) => string;
  /** Projection of positions to the queries that content keys meet, in a layer. */
  readonly query: (layer: number) => string;
}

/**
 * What disentangled attention adds to the scaled products of queries and keys, [B, H, n, n]:
 *
 *     scale · (q_i · K[row(i − j)] + k_j · Q[row(i − j)]),    K = W_k' P, Q = W_q' P
 *
 * P [2 · span, D] holds a row for each run of distances, see {@link relativeRow}; the first term is content to position, the second
 * position to content, and a config may have one alone. P is dropped out in each layer.
 *
 * Nothing is scattered, so that gradients add up in the same order every time: rows are picked by a product with 0 and 1, which is
 * exact, once for all distances −n … n; products with these 2n + 1 rows become pairs of tokens by `relativeShift`.
 *
 * @returns The bias of a layer's scores, by its queries and keys [B, H, n, d].
 * @see He et al., arXiv 2006.03654, section 3.1; transformers' `disentangled_attention_bias`.
 */
export function disentangledBias(
  build: EncoderBuild,
  relative: RelativePositions,
  names: RelativeNames,
  scale: number,
): (q: Node, k: Node, layer: number) => Node {
  const { config, parameters, dropout } = build;
  const { hiddenSize: D, heads: H, hiddenDropout, layerNormEps: eps, disentangled } = config;
  const rows = 2 * relative.span;
  const width = plus([product([2, "n"]), 1]);
  const stored = parameters.get(`${names.table}.weight`, [rows, D]);
  const table = relative.normalised ? parameters.layerNorm(stored, names.norm, D, eps) : stored; // [2 · span, D]
  const { contentToPosition, positionToContent } = disentangled!.terms;
  const keys = contentToPosition && rowsByPlace(build, relative, "keys"); // [2n + 1, 2 · span]
  const queries = positionToContent && rowsByPlace(build, relative, "queries"); // [2n + 1, 2 · span]

  /** Content · projected P of a layer, [H, B, n, n]: the content's place first, then that of the other token. */
  const term = (content: Node, dropped: Node, projection: string, places: Node): Node => {
    const picked = matmul(places, dropped); // [2n + 1, D]
    const projected = parameters.linear(picked, projection, D, D); // [2n + 1, D]
    const byHead = transpose(reshape(projected, [width, H, D / H]), [1, 0, 2]); // [H, 2n + 1, d]
    const tokens = reshape(transpose(content, [1, 0, 2, 3]), [H, "B*n", D / H]); // [H, T, d]
    const products = matmul(tokens, byHead, { transB: true, alpha: scale }); // [H, T, 2n + 1]
    return relativeShift(reshape(products, [H, "B", "n", width])); // [H, B, n, n]
  };

  return (q, k, layer) => {
    const dropped = dropout(table, `layer.${layer}.relativePositions`, [rows, D], hiddenDropout); // [2 · span, D]
    return [
      ...(keys ? [transpose(term(q, dropped, names.key(layer), keys), [1, 0, 2, 3])] : []),
      ...(queries ? [transpose(term(k, dropped, names.query(layer), queries), [1, 0, 3, 2])] : []),
    ].reduce(add); // [B, H, n, n]
  };
}

/**
 * Which row of the table stands in each of the 2n + 1 places of a row of pairs, as 0 and 1: [2n + 1, 2 · span].
 *
 * @param of - Whose places they are: place c is that of the key c − n behind the query, or of the query c − n behind the key.
 */
function rowsByPlace({ inputs }: EncoderBuild, relative: RelativePositions, of: "keys" | "queries"): Node {
  const width = plus([product([2, "n"]), 1]);
  const ids = inputs.values(`relativeRows.${of}`, [width], "int32", (out, { bindings: { n } }) => {
    for (let at = 0; at < out.length; at++) out[at] = relativeRow(of === "keys" ? n - at : at - n, relative);
  });
  const count = 2 * relative.span;
  const all = constant([...new Array(count).keys()], [1, count], "int32");
  return cast(equal(reshape(ids, [width, 1]), all), "float"); // [2n + 1, 2 · span]
}

/**
 * Row of the table for a distance.
 *
 * Without logarithms it is `distance + span`, cut off at the ends. With them, distances up to half of the span have a row each; farther
 * ones share rows whose number grows with the logarithm, so that `maxDistance` is reached at the span.
 *
 * @param distance - Place of the query less place of the key, in tokens.
 * @returns 0 to 2 · span − 1.
 * @example
 * // DeBERTa-v3: 256 rows in a direction for up to 512 tokens
 * relativeRow(-3, { span: 256, logarithmic: true, maxDistance: 512, … }); // 253
 */
export function relativeRow(
  distance: number,
  { span, logarithmic, maxDistance }: Omit<RelativePositions, "normalised" | "sharesProjections">,
): number {
  const half = Math.floor(span / 2);
  const away = Math.abs(distance);
  const far = logarithmic && away > half;
  const bucket = Math.sign(distance) * (far ? farBucket(away, half, maxDistance) : away);
  return Math.min(Math.max(span + bucket, 0), 2 * span - 1);
}

/** In float32, as PyTorch computes it, since a bucket may end on a whole number. */
function farBucket(away: number, half: number, maxDistance: number): number {
  const { fround, log } = Math;
  const share = fround(fround(log(fround(away / half))) / fround(log(fround((maxDistance - 1) / half))));
  return Math.ceil(fround(share * (half - 1))) + half;
}
