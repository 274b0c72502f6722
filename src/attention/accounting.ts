import { expectedGot } from "../errors/index.ts";

/** Pairs of queries and keys, padding not counted; add them up over heads, layers and examples. */
export interface PairCounts {
  /** Pairs of real tokens: n² a head. */
  readonly valid: number;
  /** Those that the pattern keeps. */
  readonly kept: number;
}

/**
 * Count the pairs of a mask.
 *
 * @param valid - 1 for pairs of real tokens, shape [n, n].
 * @param kept - The pattern's mask, shape [n, n].
 */
export function countPairs(valid: Uint8Array, kept: Uint8Array): PairCounts {
  const sum = (mask: Uint8Array): number => mask.reduce((total, bit) => total + bit, 0);
  return { valid: sum(valid), kept: sum(kept) };
}

/**
 * Effective sparsity: `1 − kept / valid`, over all counts together, so that long texts weigh as much as their pairs.
 *
 * @returns In [0, 1]; 0 where there are no pairs.
 * @example
 * effectiveSparsity([{ valid: 100, kept: 20 }]); // 0.8
 */
export function effectiveSparsity(counts: Iterable<PairCounts>): number {
  let [valid, kept] = [0, 0];
  for (const count of counts) {
    valid += count.valid;
    kept += count.kept;
  }
  return valid === 0 ? 0 : 1 - kept / valid;
}

/** What the FLOPs of one example follow from. */
export interface FlopsOptions {
  /** D, e.g. 768. */
  readonly hiddenSize: number;
  /** F, e.g. 3072. */
  readonly intermediateSize: number;
  readonly layers: number;
  /** n: tokens that are computed, so padding too where there is some. */
  readonly length: number;
  /** Share of the n² pairs that the encoder itself lets meet, in (0, 1]: below 1 where layers see a window only. Default 1. */
  readonly validShare?: number;
  /** The feed-forward layer has a gate: three matrices of D × F instead of two. Default false. */
  readonly gated?: boolean;
  /** Share of those pairs that is removed, in [0, 1]; the mean over layers and heads where they differ. Default 0. */
  readonly effectiveSparsity?: number;
}

/** Floating-point operations of one example, all layers together; a multiply-add counts two. */
export interface Flops {
  /** Scores and weighted sum: `4 · n² · D · validShare · (1 − effectiveSparsity)` a layer. */
  readonly core: number;
  /** The core and the Q, K, V and O projections: `8 · n · D²` more. */
  readonly attention: number;
  /** The whole layer, feed-forward included: `4 · n · D · F` more, `6` with a gate. */
  readonly layer: number;
}

/**
 * FLOPs of the matrix products of one example's forward pass.
 *
 * Counted as the paper counts them: a removed pair costs neither its score nor its product with the value. Choosing what to remove
 * is free, and so are softmax, norms, biases and activations. It is a count, not a time: a masked kernel computes every pair.
 *
 * @throws `pattern/bad-parameter` unless the sparsity is in [0, 1] and the sizes are positive.
 * @example
 * const dense = flopsPerExample({ hiddenSize: 768, intermediateSize: 3072, layers: 1, length: 512 });
 * dense.attention; // 3_221_225_472; at effectiveSparsity 0.8 a fifth less, 2_576_980_377.6
 */
export function flopsPerExample(options: FlopsOptions): Flops {
  const { hiddenSize, intermediateSize, layers, length, effectiveSparsity: removed = 0 } = options;
  const { validShare = 1, gated = false } = options;
  for (const [name, value] of Object.entries({ hiddenSize, intermediateSize, layers, length })) {
    if (!(value > 0)) throw expectedGot("pattern/bad-parameter", "flopsPerExample", `a positive ${name}`, value);
  }
  if (!(removed >= 0 && removed <= 1)) {
    throw expectedGot("pattern/bad-parameter", "flopsPerExample", "an effectiveSparsity in [0, 1]", removed);
  }
  if (!(validShare > 0 && validShare <= 1))
    throw expectedGot("pattern/bad-parameter", "flopsPerExample", "a validShare in (0, 1]", validShare);
  const core = layers * 4 * length ** 2 * hiddenSize * validShare * (1 - removed);
  const attention = core + layers * 8 * length * hiddenSize ** 2;
  return { core, attention, layer: attention + layers * (gated ? 6 : 4) * length * hiddenSize * intermediateSize };
}

/**
 * FLOPs of the backward pass: twice the forward pass, since each matrix product has two gradients, one for each factor.
 *
 * @throws As {@link flopsPerExample}.
 */
export function backwardFlopsPerExample(options: FlopsOptions): Flops {
  const { core, attention, layer } = flopsPerExample(options);
  return { core: 2 * core, attention: 2 * attention, layer: 2 * layer };
}
