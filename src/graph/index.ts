import "./ops/by-blocks/block-attention.ts";
import "./ops/dropout.ts";
import "./ops/elementwise.ts";
import "./ops/gathering.ts";
import "./ops/leaves.ts";
import "./ops/normalising.ts";
import "./ops/products.ts";
import "./ops/quantising.ts";
import "./ops/random.ts";
import "./ops/ranking.ts";
import "./ops/relative.ts";
import "./ops/shaping.ts";
import "./ops/by-blocks/slots.ts";
import "./ops/sorted-rows.ts";

export * from "./build.ts";
export { type AnyArray, type ArrayOf, allocate, type FedInput, type Fill } from "./fed-input.ts";
export { type GradientOptions, gradients } from "./gradients.ts";
export {
  type Attribute,
  type Dense,
  defineOps,
  makeNode,
  type Node,
  type OnnxAttributes,
  type OnnxEmitter,
  type OnnxSubgraph,
  type OnnxValueInfo,
  type OpRecord,
  opNames,
  opRecord,
  topological,
  type ValueInfo,
} from "./node.ts";
export { LEAST_SCALE } from "./ops/quantising.ts";
export { peakBytes } from "./peak-bytes.ts";
export { printGraph, showNode } from "./print.ts";
export {
  type Bindings,
  bindDim,
  bindShape,
  bindSome,
  bytesOfDType,
  type Definition,
  type Dim,
  type DType,
  definitions,
  derived,
  elements,
  onnxDType,
  plus,
  product,
  type Shape,
  sameShape,
  showShape,
} from "./shape.ts";
export { substitute } from "./substitute.ts";
export { verify } from "./verify.ts";
