import type { Node } from "../../graph/index.ts";
import type { MakeInput } from "../visibility.ts";

/** What a normaliser may build on, beside the scores and the pairs that are kept. */
export interface NormaliserView {
  /** True where no row of a real query, nor of a padded one, is empty. */
  readonly rowsKeepOne?: boolean;
  readonly input: MakeInput;
}

/**
 * How the kept scores of a query become probabilities that sum to 1.
 *
 * Shared code reads the properties below; it never asks which normaliser it holds.
 */
export interface Normaliser {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** True where a kept pair may get probability 0, so that pairs are counted by their probabilities. */
  readonly removesPairs: boolean;
  /** True where blocks of keys can be normalised without a row of all scores, so that every core computes it. */
  readonly byBlocks: boolean;
  /**
   * @param scores - Scaled scores, float [B, H, n, n].
   * @param keep - Bool, broadcastable to the scores.
   * @returns Probabilities, float [B, H, n, n]: exactly 0 where a pair was removed, and all 0 in a row that keeps none.
   */
  normalise(scores: Node, keep: Node, view: NormaliserView): Node;
}
