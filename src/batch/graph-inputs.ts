import { expectedGot } from "../errors/index.ts";
import {
  type AnyArray,
  type DropoutMask,
  type DType,
  type FedInput,
  input,
  type Node,
  type Shape,
  showShape,
} from "../graph/index.ts";
import type { BatchContext } from "./batch-context.ts";

/** Collects the inputs of a graph while it is built, each with what fills it. */
export class GraphInputs {
  #inputs = new Map<string, FedInput<BatchContext>>();
  #pass = "";

  get all(): FedInput<BatchContext>[] {
    return [...this.#inputs.values()];
  }

  /** The same inputs for another pass over the same batch, in which dropout masks are others. */
  again(pass: string): GraphInputs {
    const other = new GraphInputs();
    [other.#inputs, other.#pass] = [this.#inputs, `${pass}.`];
    return other;
  }

  /** The same name gives the same node again. */
  values(name: string, shape: Shape, dtype: DType, write: (out: AnyArray, context: BatchContext) => void): Node {
    return this.#add(name, shape, dtype, { kind: "values", write });
  }

  /** A dropout mask; null where the probability is 0, so that nothing is multiplied. */
  dropout(name: string, shape: Shape, probability: number): DropoutMask | null {
    if (probability === 0) return null;
    return { mask: this.#add(`dropout.${this.#pass}${name}`, shape, "uint8", { kind: "dropout", probability }), probability };
  }

  #add(name: string, shape: Shape, dtype: DType, fill: FedInput<BatchContext>["fill"]): Node {
    const known = this.#inputs.get(name)?.node;
    if (known) {
      if (known.dtype === dtype && showShape(known.shape) === showShape(shape)) return known;
      const rule = `the ${known.dtype} ${showShape(known.shape)} of its first use`;
      throw expectedGot("model/input", `input ${name}`, rule, `${dtype} ${showShape(shape)}`);
    }
    const node = input(name, shape, dtype);
    this.#inputs.set(name, { node, fill });
    return node;
  }
}
