import { broadcastTo, cast, maskedSoftmax, matmul, mul, type Node, reshape, sumTo, transpose } from "../graph/index.ts";
import { type AttentionPlan, type BatchContext, planMask } from "../sparsity/index.ts";
import type { EncoderConfig } from "./encoder-config.ts";
import type { GraphInputs } from "./graph-inputs.ts";
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
 * Multi-head self-attention with structured sparsity: `softmax(mask(Q Kᵀ / √d)) V`, then the output projection.
 *
 * Padding is removed first, then the plan's pattern removes more; removed scores never reach the softmax, and no gradient flows
 * through the choice. Rows of padded queries are zero.
 *
 * @param x - [T, D], T = B · n.
 * @param names - Of the four projections.
 * @returns See `AttentionNodes`.
 * @see Vaswani et al., arXiv 1706.03762; the removal before the softmax: arXiv 2508.06016.
 */
export function attention(x: Node, names: ProjectionNames, options: AttentionOptions): AttentionNodes {
  const { config, layer, plan, parameters, inputs, training } = options;
  const { hiddenSize: D, heads: H, layers } = config;
  const d = D / H;
  const split = (t: Node): Node => transpose(reshape(t, ["B", "n", H, d]), [0, 2, 1, 3]); // [T, D] → [B, H, n, d]

  const q = split(parameters.linear(x, names.query, D, D)); // [B, H, n, d]
  const k = split(parameters.linear(x, names.key, D, D)); // [B, H, n, d]
  const v = split(parameters.linear(x, names.value, D, D)); // [B, H, n, d]
  const scores = matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(d) }); // [B, H, n, n]

  const allowed = inputs.values("attention.validKeys", ["B", 1, 1, "n"], "bool", writeValid); // [B, 1, 1, n]
  const keep = planMask(
    plan,
    { scores, allowed, full: true, layer, heads: H, input: (name, ...rest) => inputs.values(`attention.${name}`, ...rest) },
    layers,
  ); // broadcastable to [B, H, n, n]
  const probabilities = maskedSoftmax(scores, keep, { rowsKeepOne: keep === allowed }); // [B, H, n, n]

  const mask = training
    ? inputs.dropout(`layer.${layer}.attentionProbabilities`, ["B", H, "n", "n"], config.attentionDropout)
    : null;
  const context = matmul(dropped(probabilities, mask), v); // [B, H, n, d]
  const queries = inputs.values("attention.validQueries", ["B", 1, "n", 1], "float", writeValid); // [B, 1, n, 1]
  const merged = reshape(transpose(mul(context, queries), [0, 2, 1, 3]), ["B*n", D]); // [T, D]
  return {
    output: parameters.linear(merged, names.output, D, D), // [T, D]
    probabilities: mul(probabilities, queries), // [B, H, n, n]
    keptPairs: countKept(keep, queries, H), // [B]
  };
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
