import { type AttentionPlan, planMask } from "../../attention/index.ts";
import type { BatchContext, GraphInputs } from "../../batch/index.ts";
import {
  abs,
  and,
  broadcastTo,
  cast,
  constant,
  lessOrEqual,
  maskedSoftmax,
  matmul,
  mul,
  type Node,
  reshape,
  sub,
  sumTo,
  transpose,
} from "../../graph/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { dropped, type Parameters } from "./layers.ts";

/** Names of one layer's projections. */
export interface ProjectionNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
}

export interface AttentionOptions {
  readonly config: EncoderConfig;
  readonly layer: number;
  readonly plan: AttentionPlan;
  readonly parameters: Parameters;
  readonly inputs: GraphInputs;
  readonly training: boolean;
  /**
   * The layer's own window, in tokens to either side; default: all tokens. It belongs to the model, not to the plan: it is removed
   * with the padding, before any pattern, which then ranks and counts what each query has left.
   */
  readonly window?: number;
}

/** What a layer attends with. */
export interface Projections {
  /** [T, D] */
  readonly query: Node;
  /** [T, D] */
  readonly key: Node;
  /** [T, D] */
  readonly value: Node;
  /** The output projection: [T, D] → [T, D]. */
  output(merged: Node): Node;
  /** Puts positions into queries and keys, [B, H, n, d] → [B, H, n, d]; default: they have none of their own. */
  rotate?(x: Node): Node;
}

export interface AttentionNodes {
  /** [T, D] after the output projection, before its dropout. */
  readonly output: Node;
  /** [B, H, n, n] attention probabilities before dropout, exactly 0 where a pair was removed. */
  readonly probabilities: Node;
  /** float [B]: pairs of real queries and keys that were kept, over all heads. */
  readonly keptPairs: Node;
}

/**
 * Multi-head self-attention with structured sparsity, with four projections of their own names and biases: see {@link attend}.
 *
 * @param x - [T, D], T = B · n.
 * @param names - Of the four projections.
 * @returns See `AttentionNodes`.
 */
export function attention(x: Node, names: ProjectionNames, options: AttentionOptions): AttentionNodes {
  const { config, parameters } = options;
  const { hiddenSize: D } = config;
  const projected = {
    query: parameters.linear(x, names.query, D, D), // [T, D]
    key: parameters.linear(x, names.key, D, D), // [T, D]
    value: parameters.linear(x, names.value, D, D), // [T, D]
    output: (merged: Node): Node => parameters.linear(merged, names.output, D, D), // [T, D]
  };
  return attend(projected, options);
}

/**
 * Multi-head self-attention with structured sparsity: `softmax(mask(Q Kᵀ / √d)) V`, then the output projection.
 *
 * Padding and what lies outside the layer's window are removed first, then the plan's pattern removes more; removed scores never
 * reach the softmax, and no gradient flows through the choice. Rows of padded queries are zero.
 *
 * @returns See `AttentionNodes`.
 * @see Vaswani et al., arXiv 1706.03762; the removal before the softmax: arXiv 2508.06016.
 */
export function attend({ query, key, value, output, rotate = (x) => x }: Projections, options: AttentionOptions): AttentionNodes {
  const { config, layer, plan, inputs, training, window } = options;
  const { hiddenSize: D, heads: H, layers } = config;
  const d = D / H;
  const split = (t: Node): Node => transpose(reshape(t, ["B", "n", H, d]), [0, 2, 1, 3]); // [T, D] → [B, H, n, d]

  const q = rotate(split(query)); // [B, H, n, d]
  const k = rotate(split(key)); // [B, H, n, d]
  const v = split(value); // [B, H, n, d]
  const scores = matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(d) }); // [B, H, n, n]

  const validKeys = inputs.values("attention.validKeys", ["B", 1, 1, "n"], "bool", writeValid); // [B, 1, 1, n]
  const full = window === undefined;
  const allowed = full ? validKeys : and(validKeys, within(window, inputs)); // [B, 1, 1 or n, n]
  const keep = planMask(
    plan,
    { scores, allowed, full, layer, heads: H, input: (name, ...rest) => inputs.values(`attention.${name}`, ...rest) },
    layers,
  ); // broadcastable to [B, H, n, n]
  // A real query always has its own key; the window of a padded one may hold padding alone.
  const probabilities = maskedSoftmax(scores, keep, { rowsKeepOne: keep === validKeys }); // [B, H, n, n]

  const mask = training
    ? inputs.dropout(`layer.${layer}.attentionProbabilities`, ["B", H, "n", "n"], config.attentionDropout)
    : null;
  const context = matmul(dropped(probabilities, mask), v); // [B, H, n, d]
  const queries = inputs.values("attention.validQueries", ["B", 1, "n", 1], "float", writeValid); // [B, 1, n, 1]
  const merged = reshape(transpose(mul(context, queries), [0, 2, 1, 3]), ["B*n", D]); // [T, D]
  return {
    output: output(merged), // [T, D]
    probabilities: mul(probabilities, queries), // [B, H, n, n]
    keptPairs: countKept(keep, queries, H), // [B]
  };
}

/** Pairs at most `radius` tokens apart: bool [n, n]. */
function within(radius: number, inputs: GraphInputs): Node {
  const places = inputs.values("attention.places", ["n"], "int32", (out) => out.forEach((_, at) => void (out[at] = at))); // [n]
  return lessOrEqual(abs(sub(reshape(places, ["n", 1]), places)), constant(radius, [], "int32"));
}

/** Pairs of real queries and keys that the mask keeps, over all heads: float [B], whole numbers. */
function countKept(keep: Node, queries: Node, heads: number): Node {
  const keysPerQuery = sumTo(cast(keep, "float"), [...keep.shape.slice(0, -1), 1]); // broadcastable to [B, H, n, 1]
  const real = mul(broadcastTo(keysPerQuery, ["B", heads, "n", 1]), queries); // [B, H, n, 1]
  return reshape(sumTo(real, ["B", 1, 1, 1]), ["B"]);
}

/** 1 for real tokens, 0 for padding: [B, n]. */
function writeValid(out: ArrayLike<unknown>, { lengths, bindings: { n } }: BatchContext): void {
  const flags = out as Uint8Array | Float32Array;
  flags.fill(0);
  lengths.forEach((length, row) => {
    flags.fill(1, row * n, row * n + length);
  });
}
