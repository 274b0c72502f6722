import type { Node } from "./node.ts";
import type { DType } from "./shape.ts";

/** Arrays as they are fed: bool takes bytes, int64 takes BigInts. */
export interface ArrayOf {
  float: Float32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
  uint8: Uint8Array;
}
export type AnyArray = ArrayOf[DType];

/** A zeroed array for a dtype. */
export const allocate: Readonly<Record<DType, (size: number) => AnyArray>> = {
  float: (size) => new Float32Array(size),
  int32: (size) => new Int32Array(size),
  int64: (size) => new BigInt64Array(size),
  bool: (size) => new Uint8Array(size),
  uint8: (size) => new Uint8Array(size),
};

/** Where the values of a graph's input come from. */
export type Fill<Context> =
  /** What dropout keeps: 1, and 0 where it drops; drawn from (seed, step, input's name). */
  | { readonly kind: "dropout"; readonly probability: number }
  /** Written in full by a function of the batch. */
  | { readonly kind: "values"; readonly write: (out: AnyArray, context: Context) => void };

/** An `input` node and how to fill it; whoever builds a graph hands these on, so that a trainer needs to know no model. */
export interface FedInput<Context> {
  readonly node: Node;
  readonly fill: Fill<Context>;
}
