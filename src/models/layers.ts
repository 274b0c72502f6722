import {
  add,
  constant,
  gelu,
  layerNorm,
  linear,
  mul,
  type Node,
  parameter,
  relu,
  type Shape,
  scale,
  sigmoid,
  tanh,
} from "../graph/index.ts";
import type { Activation } from "./encoder-config.ts";

/** Makes parameter nodes under a prefix, each once, in the order of their first use. */
export class Parameters {
  readonly #nodes = new Map<string, Node>();
  /** Names of those that scale and shift a normalisation. */
  readonly norms = new Set<string>();

  get all(): Node[] {
    return [...this.#nodes.values()];
  }

  get(name: string, shape: Shape): Node {
    const known = this.#nodes.get(name) ?? parameter(name, shape);
    this.#nodes.set(name, known);
    return known;
  }

  /** x · Wᵀ + b: x [T, inSize] → [T, outSize]. */
  linear(x: Node, name: string, inSize: number, outSize: number): Node {
    return linear(x, this.get(`${name}.weight`, [outSize, inSize]), this.get(`${name}.bias`, [outSize]));
  }

  layerNorm(x: Node, name: string, width: number, eps: number): Node {
    for (const part of ["weight", "bias"]) this.norms.add(`${name}.${part}`);
    return layerNorm(x, this.get(`${name}.weight`, [width]), this.get(`${name}.bias`, [width]), eps);
  }
}

/** x ∘ mask, or x where there is no dropout. */
export const dropped = (x: Node, mask: Node | null): Node => (mask ? mul(x, mask) : x);

/** Activations by their configuration name. */
export const activations: Readonly<Record<Activation, (x: Node) => Node>> = {
  gelu,
  // ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
  gelu_new(x) {
    const inner = scale(add(x, scale(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI));
    return mul(scale(x, 0.5), add(constant(1), tanh(inner)));
  },
  relu,
  silu: (x) => mul(x, sigmoid(x)),
  tanh,
};
