import { type Dim, elements, type Node, rowSteps, type Shape, straightThrough } from "../../graph/index.ts";

/** How files of 8 bits are rounded; see the exporter. */
export const EIGHT_BITS = {
  /**
   * Steps to either side. Of matrices 64: processors without VNNI add two products of an unsigned and a signed byte in 16 bits, and
   * 2 · 255 · 64 fits them where 2 · 255 · 127 does not. It is ONNX Runtime's `reduce_range`.
   */
  matrixSteps: 64,
  activationSteps: 127,
  tableSteps: 127,
  /** Weights of fewer elements stay float. */
  least: 4096,
} as const;

/**
 * Whether a linear layer x · Wᵀ is computed in 8 bits.
 *
 * Those of a head, which read one row a text, are not: they cost no time, and they may hold a large diagonal (see `meanLayer`) beside which
 * all that was learned would be rounded to 0.
 *
 * @param rows - First axis of x.
 * @param weight - Shape of W.
 */
export const isRounded = (rows: Dim, weight: Shape): boolean =>
  rows !== "B" && elements(weight as readonly number[]) >= EIGHT_BITS.least;

/** Makes linear layers compute as a file of 8 bits will, while gradients pass as if nothing were rounded. */
export class RoundedLayers {
  readonly #activations = new WeakMap<Node, Node>();

  /** Activations x, each row rounded, and the weight, each output feature rounded; both as they are where the file has floats. */
  of(x: Node, weight: Node): readonly [x: Node, weight: Node] {
    if (!isRounded(x.shape[0], weight.shape)) return [x, weight];
    // layers that read one tensor round it once
    const rounded = this.#activations.get(x) ?? straightThrough(x, rowSteps(x, EIGHT_BITS.activationSteps));
    this.#activations.set(x, rounded);
    return [rounded, straightThrough(weight, rowSteps(weight, EIGHT_BITS.matrixSteps))];
  }
}
