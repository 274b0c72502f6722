import type { AttentionCore, AttentionPlan, CoreNodes, Visibility } from "../../attention/index.ts";
import type { GraphInputs } from "../../batch/index.ts";
import { type DropoutMask, type Node, reshape, type Shape, transpose } from "../../graph/index.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import type { Parameters } from "./layers.ts";

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
  readonly core: AttentionCore;
  readonly parameters: Parameters;
  readonly inputs: GraphInputs;
  readonly training: boolean;
  /**
   * Which pairs the model itself lets meet in a layer. It belongs to the model, not to the plan: the others are removed with the
   * padding, before any pattern, which then ranks and counts what each query has left.
   */
  visibility(layer: number): Visibility;
  /** Factor of q · k; default 1 / √d. */
  readonly scale?: number;
  /**
   * Added to the scaled scores, before any pattern ranks them: queries and keys, [B, H, n, d] each, to [1 or B, H, n, n]. Its gradient
   * flows to all that it reads. Default: nothing.
   */
  bias?(q: Node, k: Node): Node;
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
  /** See `CoreNodes`. */
  readonly keptPairs: CoreNodes["keptPairs"];
  /** See `CoreNodes`. */
  readonly probabilities?: CoreNodes["probabilities"];
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
 * Multi-head self-attention with structured sparsity: `softmax(mask(Q Kᵀ · scale + bias)) V`, then the output projection.
 *
 * What the model itself lets no pair see is removed first, padding above all, then the plan's pattern removes more; removed scores
 * never reach the softmax, and no gradient flows through the choice. Rows of padded queries are zero. How it is computed is up to the
 * core.
 *
 * @returns See `AttentionNodes`.
 */
export function attend({ query, key, value, output, rotate = (x) => x }: Projections, options: AttentionOptions): AttentionNodes {
  const { config, core, layer, plan, inputs, training, visibility, bias } = options;
  const { hiddenSize: D, heads: H, layers, attentionDropout } = config;
  const d = D / H;
  const split = (t: Node): Node => transpose(reshape(t, ["B", "n", H, d]), [0, 2, 1, 3]); // [T, D] → [B, H, n, d]
  const [q, k, v] = [rotate(split(query)), rotate(split(key)), split(value)];
  const maskOf = (shape: Shape, part?: string): DropoutMask =>
    inputs.dropout(["layer", layer, "attentionProbabilities", ...(part ? [part] : [])].join("."), shape, attentionDropout)!;
  const { context, ...rest } = core.attend(q, k, v, {
    visibility: visibility(layer),
    // evaluation is at full strength, and its lists of blocks as short as that
    plan: training ? plan : { ...plan, rampSteps: undefined },
    layer,
    layers,
    heads: H,
    scale: options.scale ?? 1 / Math.sqrt(d),
    bias: bias?.(q, k),
    dropoutMask: training && attentionDropout > 0 ? maskOf : null,
    input: (name, ...rest) => inputs.values(`attention.${name}`, ...rest),
  });
  const merged = reshape(transpose(context, [0, 2, 1, 3]), ["B*n", D]); // [T, D]
  return { output: output(merged), ...rest };
}
