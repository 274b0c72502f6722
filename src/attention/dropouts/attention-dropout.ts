import type { DropoutMask, Node, Shape } from "../../graph/index.ts";

/**
 * What dropout does to attention probabilities in training. In evaluation nothing is dropped.
 *
 * Shared code reads the properties below; it never asks which one it holds.
 */
export interface AttentionDropout {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** True where the probabilities of a block of keys can be dropped without the rest of their row, so that every core computes it. */
  readonly byBlocks: boolean;
  /**
   * @param probabilities - float [B, H, n, n].
   * @param maskOf - The mask of a shape, to be asked once; null where nothing is dropped.
   * @returns What the values are weighted by, float [B, H, n, n].
   */
  apply(probabilities: Node, maskOf: (shape: Shape) => DropoutMask | null): Node;
}
