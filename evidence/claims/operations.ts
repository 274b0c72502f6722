// Claim 8: multiplications, counted, and seconds beside them.
import { flopsPerExample } from "../../src/attention/index.ts";
import type { Cell } from "../cell-files.ts";
import { BASELINE } from "./claim.ts";
import { average, perSeed } from "./comparisons.ts";

/** Of the matrix products of one layer over one text, forward. */
export interface Multiplications {
  /** Scores and weighted sum: `2 n² D (1 − s)`. */
  readonly core: number;
  /** With the projections Q, K, V and O: `4 n D²` more. */
  readonly attention: number;
  /** With the feed-forward layer: `2 n D F` more. */
  readonly layer: number;
}

/** A layer's shape, and what it is given. */
export interface LayerShape {
  /** D */
  readonly hiddenSize: number;
  /** F */
  readonly intermediateSize: number;
  /** n, tokens of the text; may be a mean. */
  readonly length: number;
}

/**
 * Multiplications of one layer on paper, where a removed pair costs nothing and choosing it neither.
 *
 * Half of `flopsPerExample`'s count, which takes a product and its addition for two. A masked core, such as that of `topK`, computes
 * every product all the same: what is saved in time has to be measured.
 *
 * @param effectiveSparsity - s, share of the pairs that is removed, in [0, 1]; default 0.
 * @throws `pattern/bad-parameter` for sizes that are not positive, and shares outside [0, 1].
 * @example
 * multiplications({ hiddenSize: 768, intermediateSize: 3072, length: 512 }, 0.8).attention; // a fifth less than without 0.8
 */
export function multiplications(shape: LayerShape, effectiveSparsity = 0): Multiplications {
  const { core, attention, layer } = flopsPerExample({ ...shape, layers: 1, effectiveSparsity });
  return { core: core / 2, attention: attention / 2, layer: layer / 2 };
}

/** Shares of the multiplications that sparsity saves on paper, in [0, 1]. */
export function saved(shape: LayerShape, effectiveSparsity: number): Multiplications {
  const [dense, sparse] = [multiplications(shape), multiplications(shape, effectiveSparsity)];
  const share = (part: keyof Multiplications): number => 1 - sparse[part] / dense[part];
  return { core: share("core"), attention: share("attention"), layer: share("layer") };
}

/** Effective sparsity of `topK` on texts of n tokens: 1 − ceil((1 − s) n) / n. */
export const topKSparsity = (sparsity: number, length: number): number =>
  1 - Math.max(1, Math.ceil((1 - sparsity) * length - 1e-9)) / length;

/** What an arm saves on one cell. */
export interface Saving {
  readonly cell: string;
  readonly arm: string;
  /** Mean of a reported text; null where the study did not say. */
  readonly meanTokens: number | null;
  readonly effectiveSparsity: number;
  readonly saved: Multiplications | null;
  /** Median over seeds of an arm's seconds of training by those of dense with the same seed; runs that diverged left out. */
  readonly timeByDense: number;
}

/** All arms of a cell but dense. */
export function savingsOf(cell: Cell): Saving[] {
  const { meanTokens, hiddenSize, intermediateSize } = cell.facts;
  const seconds = (arm: string): number[] => perSeed(cell, arm, (run) => run.seconds);
  const dense = seconds(BASELINE);
  return [...new Set(cell.runs.map(({ arm }) => arm))]
    .filter((arm) => arm !== BASELINE)
    .map((arm) => {
      const effectiveSparsity = average(perSeed(cell, arm, (run) => run.effectiveSparsity));
      return {
        ...{ cell: cell.name, arm, meanTokens, effectiveSparsity },
        saved: meanTokens === null ? null : saved({ hiddenSize, intermediateSize, length: meanTokens }, effectiveSparsity),
        timeByDense: median(seconds(arm).flatMap((value, s) => (value > 0 && dense[s] > 0 ? value / dense[s] : []))),
      };
    });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
