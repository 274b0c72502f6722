import { CrispError, expectedGot } from "../errors/index.ts";
import {
  type Definition,
  type Dim,
  definitions,
  type Node,
  type OnnxAttributes,
  type OnnxEmitter,
  type OnnxSubgraph,
  type OnnxValueInfo,
  onnxDType,
  opRecord,
  type Shape,
  showNode,
  type ValueInfo,
  verify,
} from "../graph/index.ts";
import type { FedSize, OnnxModel, OnnxOptions } from "./onnx-model.ts";
import { attribute, rawBytes, valueInfo } from "./parts.ts";
import { encodeModel, type GraphProto, type ModelProto, type NodeProto, type TensorProto, type ValueInfoProto } from "./proto.ts";

/** opset 20 brought Gelu; IR 9 goes with it. */
const OPSET = 20;
const IR_VERSION = 9;
const MICROSOFT_OPS: ReadonlySet<string> = new Set(["FusedMatMul"]);

/**
 * Write a graph as an ONNX model, with our own dtype and shape on every value.
 *
 * @param outputs - Named roots; the names become the model's outputs.
 * @param options - See `OnnxOptions`.
 * @returns Bytes of a ModelProto, and what must be fed.
 * @throws `onnx/no-form` for an operator that runs outside the graph (`scatterRows`); `onnx/name` when an output has an input's
 *   name; `onnx/unknown-symbol` when a size is needed that follows from no input's; `graph/invalid`.
 * @example
 * writeModel({ y: exp(input("x", ["B"])) }).bytes;
 */
export function writeModel(outputs: Readonly<Record<string, Node>>, options: OnnxOptions = {}): OnnxModel {
  const { model, ...rest } = modelProto(outputs, options);
  return { bytes: encodeModel(model), ...rest };
}

/** As `writeModel`, before the bytes: for those who change the model first, and then call `encodeModel`. */
export function modelProto(
  outputs: Readonly<Record<string, Node>>,
  { microsoftOps = true, webgpu = false }: OnnxOptions = {},
): Omit<OnnxModel, "bytes"> & { readonly model: ModelProto } {
  const order = verify(Object.values(outputs));
  const fed = order.filter(({ op }) => op === "parameter" || op === "input");
  const clash = fed.find(({ attrs }) => (attrs.name as string) in outputs);
  if (clash) throw expectedGot("onnx/name", "writeModel", "outputs named otherwise than inputs", clash.attrs.name);
  const taken = new Set([...Object.keys(outputs), ...fed.map(({ attrs }) => attrs.name as string)]);
  const writer = new Writer({ microsoftOps: microsoftOps && !webgpu, webgpu }, { order, fed, taken });
  for (const node of order) writer.write(node);
  for (const [name, node] of Object.entries(outputs)) writer.output(name, node);
  return { model: writer.finish(), inputs: fed, sizes: writer.sizes };
}

class Writer implements OnnxEmitter {
  readonly microsoftOps: boolean;
  readonly webgpu: boolean;
  readonly sizes: FedSize[] = [];
  #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  #valueInfo: ValueInfoProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #names = new Map<Node, string>();
  readonly #extras = new Map<Node, Map<string, string>>();
  /** Values that are made once, by what they are. */
  #shared = new Map<string, string>();
  /** Where each symbol can be read: an input and an axis it follows from. */
  readonly #symbols = new Map<string, Definition & { name: string; rank: number; axis: number }>();
  readonly #taken: ReadonlySet<string>;
  /** Names of the operators that read a node. */
  readonly #readers = new Map<Node, Set<string>>();
  #count = 0;

  constructor(
    { microsoftOps, webgpu }: Required<OnnxOptions>,
    {
      order,
      fed,
      taken,
    }: { readonly order: readonly Node[]; readonly fed: readonly Node[]; readonly taken: ReadonlySet<string> },
  ) {
    this.microsoftOps = microsoftOps;
    this.webgpu = webgpu;
    this.#taken = taken;
    for (const { op, inputs } of order)
      for (const input of inputs) this.#readers.set(input, (this.#readers.get(input) ?? new Set()).add(op));
    const axes = fed.flatMap(({ attrs, shape }) =>
      shape.map((dim, axis) => ({ dim, name: attrs.name as string, rank: shape.length, axis })),
    );
    for (const definition of definitions(axes.map(({ dim }) => dim))) {
      this.#symbols.set(definition.symbol, { ...axes[definition.at], ...definition });
    }
  }

  write(node: Node): void {
    const name = node.attrs.name as string;
    if (node.op === "parameter" || node.op === "input") {
      this.#inputs.push(valueInfo(name, node));
      this.#names.set(node, name);
      return;
    }
    const { onnx, webgpuOnly } = opRecord(node.op);
    if (!onnx || (webgpuOnly && !this.webgpu)) {
      throw new CrispError("onnx/no-form", `writeModel: expected operators with an ONNX form, got ${showNode(node)}.`);
    }
    const inputs = node.inputs.map((input) => this.#names.get(input)!);
    this.#names.set(node, onnx(this, inputs, node));
  }

  /** Identity gives each output its own name, also where one node is two outputs or an input. WebGPU has none for bool. */
  output(name: string, node: Node): void {
    const asInt32 = this.webgpu && node.dtype === "bool";
    this.#nodes.push({
      opType: asInt32 ? "Cast" : "Identity",
      input: [this.#names.get(node)!],
      output: [name],
      name: `output_${name}`,
      ...(asInt32 && { attribute: [attribute("to", onnxDType.int32)] }),
    });
    this.#outputs.push(valueInfo(name, asInt32 ? { ...node, dtype: "int32" } : node));
  }

  finish(): ModelProto {
    const graph = {
      name: "crisp",
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
      valueInfo: this.#valueInfo,
    };
    const opsetImport: { domain: string; version: number }[] = [{ domain: "", version: OPSET }];
    if (this.microsoftOps) opsetImport.push({ domain: "com.microsoft", version: 1 });
    return { irVersion: IR_VERSION, producerName: "crisp-attention", graph, opsetImport };
  }

  emit(opType: string, inputs: readonly string[], out: OnnxValueInfo, attributes: OnnxAttributes = {}): string {
    return this.emitMany(opType, inputs, [out], attributes)[0];
  }

  emitMany(opType: string, inputs: readonly string[], outs: readonly OnnxValueInfo[], attributes: OnnxAttributes = {}): string[] {
    const domain = MICROSOFT_OPS.has(opType) ? "com.microsoft" : "";
    if (domain && !this.microsoftOps) throw expectedGot("onnx/not-standard", "writeModel", "operators of standard ONNX", opType);
    const output = outs.map((out) => {
      const name = this.#fresh(opType);
      this.#valueInfo.push(valueInfo(name, out));
      return name;
    });
    this.#nodes.push({
      opType,
      name: output[0],
      input: inputs,
      output,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      domain,
    });
    return output;
  }

  subgraph(
    inputs: readonly OnnxValueInfo[],
    build: (names: readonly string[]) => readonly (readonly [string, OnnxValueInfo])[],
  ): OnnxSubgraph {
    const outer = { nodes: this.#nodes, valueInfo: this.#valueInfo, shared: this.#shared };
    // what is made inside is not seen outside; constants are the whole model's
    [this.#nodes, this.#valueInfo, this.#shared] = [[], [], new Map(outer.shared)];
    const names = inputs.map(() => this.#fresh("slice"));
    const outputs = build(names);
    const own = new Set(outputs.map(([name]) => name));
    const subgraph: GraphProto = {
      name: this.#fresh("subgraph"),
      node: this.#nodes,
      initializer: [],
      input: inputs.map((info, at) => valueInfo(names[at], info)),
      output: outputs.map(([name, info]) => valueInfo(name, info)),
      valueInfo: this.#valueInfo.filter(({ name }) => !own.has(name)),
    };
    [this.#nodes, this.#valueInfo, this.#shared] = [outer.nodes, outer.valueInfo, outer.shared];
    return { subgraph };
  }

  constant(values: readonly number[], { dtype, shape }: OnnxValueInfo): string {
    const key = `${dtype} ${shape.join()} ${values.map((value) => (Object.is(value, -0) ? "-0" : value)).join()}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    const filled = Array.from({ length: size }, (_, i) => values[values.length === 1 ? 0 : i]);
    const name = this.#fresh("constant");
    this.#initializers.push({
      name,
      dims: shape as readonly number[],
      dataType: onnxDType[dtype],
      rawData: rawBytes(dtype, filled),
    });
    this.#shared.set(key, name);
    return name;
  }

  /** A name that no input and no output has. */
  #fresh(prefix: string): string {
    const name = `${prefix}_${this.#count++}`;
    return this.#taken.has(name) ? this.#fresh(prefix) : name;
  }

  shapeVector(shape: Shape): string {
    const vector = { dtype: "int64", shape: [shape.length] } as const;
    const key = `shape ${shape.join()}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const name = isFixed(shape)
      ? this.constant(shape, vector)
      : this.webgpu
        ? this.#fedSize("shape", shape, vector)
        : this.#joined(shape.map((dim) => this.#dim(dim)));
    this.#shared.set(key, name);
    return name;
  }

  positions(size: Dim): string {
    const key = `positions ${size}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const scalar = { dtype: "int32", shape: [] } as const;
    const at = (value: number): string => this.constant([value], scalar);
    const name = this.emit("Range", [at(0), this.#scalar(size), at(1)], { dtype: "int32", shape: [size] });
    this.#shared.set(key, name);
    return name;
  }

  /** A dimension as an int32 scalar. */
  #scalar(size: Dim): string {
    const scalar = { dtype: "int32", shape: [] } as const;
    if (typeof size === "number") return this.constant([size], scalar);
    if (this.webgpu) return this.#fedSize("size", [size], scalar);
    const narrow = this.emit("Cast", [this.#dim(size)], { dtype: "int32", shape: [1] }, { to: onnxDType.int32 });
    return this.emit("Squeeze", [narrow], scalar);
  }

  #fedSize(prefix: string, dims: Shape, info: ValueInfo): string {
    const name = this.#fresh(prefix);
    this.sizes.push({ name, dims, ...info });
    this.#inputs.push(valueInfo(name, info));
    return name;
  }

  #joined(parts: readonly string[]): string {
    return parts.length === 1 ? parts[0] : this.emit("Concat", parts, { dtype: "int64", shape: [parts.length] }, { axis: 0 });
  }

  /** One dimension as an int64 vector of length 1. */
  #dim(dim: Dim): string {
    const one = { dtype: "int64", shape: [1] } as const;
    if (typeof dim === "number") return this.constant([dim], one);
    const known = this.#shared.get(`dim ${dim}`);
    if (known !== undefined) return known;
    const computed = (by: "+" | "*", opType: string): string =>
      dim
        .split(by)
        .map((part) => this.#dim(/^\d+$/.test(part) ? Number(part) : part))
        .reduce((sofar, part) => this.emit(opType, [sofar, part], one));
    const name = dim.includes("+") ? computed("+", "Add") : dim.includes("*") ? computed("*", "Mul") : this.#symbol(dim);
    this.#shared.set(`dim ${dim}`, name);
    return name;
  }

  #symbol(symbol: string): string {
    const at = this.#symbols.get(symbol);
    if (!at) {
      throw new CrispError(
        "onnx/unknown-symbol",
        `writeModel: expected an input with the dimension ${symbol} alone, got none. Feed one, e.g. a mask of shape [${symbol}].`,
      );
    }
    const one = { dtype: "int64", shape: [1] } as const;
    const whole = this.emit("Shape", [at.name], { dtype: "int64", shape: [at.rank] });
    const size = this.emit("Gather", [whole, this.constant([at.axis], one)], one, { axis: 0 });
    const part = at.rest === 0 ? size : this.emit("Sub", [size, this.#dim(at.rest)], one);
    return at.factor === 1 ? part : this.emit("Div", [part, this.constant([at.factor], one)], one);
  }

  extra(node: Node, key: string): string {
    return this.#extras.get(node)!.get(key)!;
  }

  leave(node: Node, key: string, name: string): void {
    if (!this.#extras.has(node)) this.#extras.set(node, new Map());
    this.#extras.get(node)!.set(key, name);
  }

  isReadBy(node: Node, op: string): boolean {
    return this.#readers.get(node)?.has(op) ?? false;
  }
}

const isFixed = (shape: Shape): shape is readonly number[] => shape.every((dim) => typeof dim === "number");
