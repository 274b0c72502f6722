import type { Node, Shape, ValueInfo } from "../graph/index.ts";

export interface OnnxOptions {
  /** Use com.microsoft's operators where they are faster; default true. False lowers all to standard ONNX. */
  readonly microsoftOps?: boolean;
  /** Use only what ONNX Runtime's WebGPU provider computes itself; default false. See `OnnxEmitter.webgpu`, `OnnxModel.sizes`. */
  readonly webgpu?: boolean;
}

/** A shape or a size that the caller computes from its symbols and feeds; only with `webgpu`, where the graph must not compute it. */
export interface FedSize extends ValueInfo {
  readonly name: string;
  /** int64 [rank]: these dimensions. int32 []: their product. */
  readonly dims: Shape;
}

/** A graph as the bytes of an ONNX model. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** Parameters and inputs that the graph reads; parameters stay outside the model. */
  readonly inputs: readonly Node[];
  readonly sizes: readonly FedSize[];
}
