import { CrispError } from "../errors/index.ts";
import { checkDims, type Dim, type DType, type OnnxDType, type Shape } from "./shape.ts";

export type Attribute = number | boolean | string | readonly number[] | Shape;

/** One value in the graph. Nodes are immutable; the graph is whatever its roots reach. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Node[];
  readonly shape: Shape;
  readonly dtype: DType;
  readonly attrs: Readonly<Record<string, Attribute>>;
}

/** A dense array as the float64 reference sees it; booleans are 0 and 1. */
export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface ValueInfo {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A value inside an op's ONNX form. */
export interface OnnxValueInfo {
  readonly dtype: OnnxDType;
  readonly shape: Shape;
}

/** A graph inside a node, as `OnnxEmitter.subgraph` makes it; only the writer reads it. */
export interface OnnxSubgraph {
  readonly subgraph: unknown;
}

/** Whole numbers are written as INT, `{ float }` as FLOAT, arrays as INTS, subgraphs as GRAPH. */
export type OnnxAttributes = Readonly<
  Record<string, number | string | readonly number[] | { readonly float: number } | OnnxSubgraph>
>;

/** What an op's ONNX form may call. Every value it makes carries our own shape and dtype. */
export interface OnnxEmitter {
  /** Append one ONNX node with one output; returns the output's name. */
  emit(opType: string, inputs: readonly string[], out: OnnxValueInfo, attributes?: OnnxAttributes): string;
  /** Append one ONNX node with several outputs. */
  emitMany(opType: string, inputs: readonly string[], outs: readonly OnnxValueInfo[], attributes?: OnnxAttributes): string[];
  /** A constant of a concrete shape; one value fills it. */
  constant(values: readonly number[], info: OnnxValueInfo): string;
  /** An int64 vector that holds `shape` at run time. */
  shapeVector(shape: Shape): string;
  /** The int32 vector 0, 1, …, size − 1; the size may be a product of symbols. */
  positions(size: Dim): string;
  /**
   * A graph that a Scan runs for each slice of its inputs. What `build` emits belongs to it, and may read every value made before.
   *
   * @param inputs - Of one run, without the axis that is scanned.
   * @param build - Gets their names; returns the outputs, each with its dtype and shape.
   */
  subgraph(
    inputs: readonly OnnxValueInfo[],
    build: (names: readonly string[]) => readonly (readonly [name: string, info: OnnxValueInfo])[],
  ): OnnxSubgraph;
  /** Name of an extra output that an earlier node left: `layerNorm` leaves `mean` and `invStd`. */
  extra(node: Node, key: string): string;
  /** Leave an extra output for later nodes. */
  leave(node: Node, key: string, name: string): void;
  /** Whether an operator of that name reads a node, so that it is worth leaving something for it. */
  isReadBy(node: Node, op: string): boolean;
  /** True when com.microsoft's operators may be used (FusedMatMul); otherwise standard ONNX alone. */
  readonly microsoftOps: boolean;
  /**
   * True when every operator must be one that ONNX Runtime's WebGPU provider computes itself: no arithmetic on int64 and no cast of
   * it, no `Or`, `Scan` or `LogSoftmax`, no `Neg`, `Abs` or `Slice` of int32, nothing that yields a shape.
   */
  readonly webgpu: boolean;
}

/** Everything Crisp knows of one operator, in one place. */
export interface OpRecord {
  /** Output shape and dtype; throws `graph/shape` or `graph/dtype` when the inputs do not fit. */
  infer(inputs: readonly Node[], attrs: Node["attrs"]): ValueInfo;
  /**
   * Gradient of the loss for each input, as new graph nodes; `null` where none flows.
   * May come back in the (larger) broadcast shape: `gradients` sums it down once, centrally.
   */
  gradient?(out: Node, upstream: Node): readonly (Node | null)[];
  /** Float64 result for concrete inputs; `shape` is the bound output shape. */
  reference(inputs: readonly Dense[], shape: readonly number[], node: Node): Float64Array;
  /** No gradient passes through, on purpose: the result is a constant to whoever differentiates. */
  readonly stopsGradient?: boolean;
  /** The result is the input's memory, read in another shape. */
  readonly isView?: boolean;
  /** What its ONNX form leaves beside the result, where an operator of the name `for` reads the node; null where it leaves nothing. */
  leaves?(node: Node): (ValueInfo & { readonly for: string }) | null;
  /** The ONNX form is for WebGPU; elsewhere the operator runs outside the graph. */
  readonly webgpuOnly?: boolean;
  /** Emit the ONNX form; returns the name of the value that holds the result. Absent for ops that run outside the graph. */
  onnx?(emitter: OnnxEmitter, inputs: readonly string[], node: Node): string;
}

const records = new Map<string, OpRecord>();

/** Add operators to the table; each of `ops/*.ts` does so once, when it is loaded. */
export function defineOps<const T extends Readonly<Record<string, OpRecord>>>(ops: T): T {
  for (const [name, record] of Object.entries(ops)) records.set(name, record);
  return ops;
}

/** The record of an operator; throws `graph/unknown-op`. */
export function opRecord(op: string): OpRecord {
  const record = records.get(op);
  if (record) return record;
  throw new CrispError("graph/unknown-op", `graph: expected an operator of the table, got ${op}. See docs/add-an-op.md.`);
}

/** Names of all operators, in the order they were defined. */
export const opNames = (): string[] => [...records.keys()];

/** Make a node: the one place where shapes and dtypes are inferred. */
export function makeNode(op: string, inputs: readonly Node[], attrs: Node["attrs"] = {}): Node {
  const { shape, dtype } = opRecord(op).infer(inputs, attrs);
  checkDims(op, shape);
  return { op, inputs, attrs, shape, dtype };
}

/** Inputs before users; each node once. Iterative, so that deep graphs do not exhaust the stack. */
export function topological(roots: readonly Node[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack = [...roots].reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    const seen = state.get(node);
    if (seen === "done") {
      stack.pop();
    } else if (seen === "open") {
      stack.pop();
      state.set(node, "done");
      order.push(node);
    } else {
      state.set(node, "open");
      for (let i = node.inputs.length - 1; i >= 0; i--) if (!state.has(node.inputs[i])) stack.push(node.inputs[i]);
    }
  }
  return order;
}
