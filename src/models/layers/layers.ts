import {
  add,
  constant,
  type DropoutMask,
  dropout,
  gelu,
  layerNorm,
  linear,
  matmul,
  mul,
  type Node,
  parameter,
  relu,
  type Shape,
  scale,
  sigmoid,
  tanh,
} from "../../graph/index.ts";
import type { Activation } from "../config/encoder-config.ts";
import { adapterNames, isAdapted, type LoraSettings } from "./adapter.ts";
import { RoundedLayers } from "./eight-bits.ts";

/** Whether a layer has a bias; default true. */
export interface BiasOption {
  readonly bias?: boolean;
}

/** Makes parameter nodes under a prefix, each once, in the order of their first use. */
export class Parameters {
  readonly #nodes = new Map<string, Node>();
  readonly #lora: LoraSettings | undefined;
  readonly #rounded: RoundedLayers | undefined;
  /** Names of those that scale and shift a normalisation. */
  readonly norms = new Set<string>();

  /**
   * @param lora - Adapters beside the linear layers; default none.
   * @param eightBits - Linear layers compute as a file of 8 bits will; default false.
   */
  constructor(lora?: LoraSettings, eightBits = false) {
    this.#lora = lora;
    this.#rounded = eightBits ? new RoundedLayers() : undefined;
  }

  get all(): Node[] {
    return [...this.#nodes.values()];
  }

  get(name: string, shape: Shape): Node {
    const known = this.#nodes.get(name) ?? parameter(name, shape);
    this.#nodes.set(name, known);
    return known;
  }

  /** x · Wᵀ + b: x [T, inSize] → [T, outSize]; without b where `bias` is false. With an adapter, see `withLora`. */
  linear(x: Node, name: string, inSize: number, outSize: number, { bias = true }: BiasOption = {}): Node {
    const own = this.get(`${name}.weight`, [outSize, inSize]);
    const [read, weight] = this.#rounded?.of(x, own) ?? [x, own];
    const y = bias ? linear(read, weight, this.get(`${name}.bias`, [outSize])) : matmul(read, weight, { transB: true });
    const lora = this.#lora;
    if (!isAdapted(name, lora)) return y;
    const { a, b } = adapterNames(name);
    const inner = matmul(x, this.get(a, [lora.rank, inSize]), { transB: true }); // [T, r]
    return add(y, matmul(inner, this.get(b, [outSize, lora.rank]), { transB: true, alpha: lora.alpha / lora.rank })); // [T, outSize]
  }

  /** Over the last axis; shifted by nothing where `bias` is false. */
  layerNorm(x: Node, name: string, width: number, eps: number, { bias = true }: BiasOption = {}): Node {
    for (const part of bias ? ["weight", "bias"] : ["weight"]) this.norms.add(`${name}.${part}`);
    const weight = this.get(`${name}.weight`, [width]);
    return layerNorm(x, weight, bias ? this.get(`${name}.bias`, [width]) : constant(0, [width]), eps);
  }
}

/** x ∘ mask, or x where there is no dropout. */
export const dropped = (x: Node, mask: DropoutMask | null): Node => (mask ? dropout(x, mask.mask, mask.probability) : x);

/** Activations by their name in config.json. */
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
