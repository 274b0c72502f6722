import { byteSteps, elements, type Node, rowSteps, straightThrough } from "../../graph/index.ts";

/** How files of 8 bits are rounded; see the exporter. */
export const EIGHT_BITS = {
  /**
   * Steps to either side. Of matrices 64: processors without VNNI add two products of an unsigned and a signed byte in 16 bits, and
   * 2 · 255 · 64 fits them where 2 · 255 · 127 does not. It is ONNX Runtime's `reduce_range`.
   */
  matrixSteps: 64,
  tableSteps: 127,
  /** Weights of fewer elements stay float. */
  least: 4096,
} as const;

/** Makes linear layers compute as a file of 8 bits will, while gradients pass as if nothing were rounded. */
export class RoundedLayers {
  readonly #activations = new WeakMap<Node, Node>();

  /** Activations x, rounded over the whole batch, and the weight, rounded by output feature; both as they are for a small weight. */
  of(x: Node, weight: Node): readonly [x: Node, weight: Node] {
    if (elements(weight.shape as readonly number[]) < EIGHT_BITS.least) return [x, weight];
    // layers that read one tensor round it once
    const rounded = this.#activations.get(x) ?? straightThrough(x, byteSteps(x));
    this.#activations.set(x, rounded);
    return [rounded, straightThrough(weight, rowSteps(weight, EIGHT_BITS.matrixSteps))];
  }
}
