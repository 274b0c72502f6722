import protobuf from "protobufjs/minimal.js";

/**
 * The part of onnx.proto3 that Crisp writes, in the names of its JavaScript bindings. A field that is left out is not written.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export interface ModelProto {
  readonly irVersion: number;
  readonly producerName: string;
  readonly graph: GraphProto;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute?: readonly AttributeProto[];
  readonly domain?: string;
}

export interface AttributeProto {
  readonly name: string;
  /** A value of AttributeType; says which of the others counts. */
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly g?: GraphProto;
}

export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name: string;
  /** Little-endian. */
  readonly rawData: Uint8Array;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly elemType: number;
  /** A number, or the name of a symbol. */
  readonly shape: readonly (number | string)[];
}

/** Wire types of protobuf: https://protobuf.dev/programming-guides/encoding */
const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** Fields of one message, in the order of the calls. As proto3 has it, zero and empty are the same as left out. */
class Fields {
  readonly #writer: protobuf.Writer;

  constructor(writer: protobuf.Writer) {
    this.#writer = writer;
  }

  #tag(id: number, wireType: number): protobuf.Writer {
    return this.#writer.uint32((id << 3) | wireType);
  }

  string(id: number, value = ""): void {
    if (value !== "") this.#tag(id, LENGTH).string(value);
  }

  /** Repeated strings; an empty one keeps its place. */
  strings(id: number, values: readonly string[]): void {
    for (const value of values) this.#tag(id, LENGTH).string(value);
  }

  bytes(id: number, value: Uint8Array = new Uint8Array()): void {
    if (value.length > 0) this.#tag(id, LENGTH).bytes(value);
  }

  float(id: number, value = 0): void {
    if (!Object.is(value, 0)) this.#tag(id, FIXED32).float(value);
  }

  int64(id: number, value = 0): void {
    if (value !== 0) this.memberInt64(id, value);
  }

  /** A member of a `oneof`, where 0 is a value. */
  memberInt64(id: number, value: number): void {
    this.#tag(id, VARINT).int64(value);
  }

  /** Repeated numbers, packed into one field; none at all write nothing. */
  int64s(id: number, values: readonly number[] = []): void {
    if (values.length === 0) return;
    this.#tag(id, LENGTH).fork();
    for (const value of values) this.#writer.int64(value);
    this.#writer.ldelim();
  }

  message(id: number, write: (fields: Fields) => void): void {
    this.#tag(id, LENGTH).fork();
    write(this);
    this.#writer.ldelim();
  }
}

/**
 * The bytes of an ONNX model.
 *
 * protobufjs writes the wire format; which field has which number stands here, without its reflection, which generates code and so is
 * forbidden on pages whose Content-Security-Policy lacks `unsafe-eval`.
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const writer = protobuf.Writer.create();
  const fields = new Fields(writer);
  fields.int64(1, model.irVersion);
  fields.string(2, model.producerName);
  fields.message(7, (graph) => writeGraph(graph, model.graph));
  for (const { domain, version } of model.opsetImport) {
    fields.message(8, (opset) => {
      opset.string(1, domain);
      opset.int64(2, version);
    });
  }
  return writer.finish();
}

function writeGraph(fields: Fields, graph: GraphProto): void {
  for (const node of graph.node) fields.message(1, (inner) => writeNode(inner, node));
  fields.string(2, graph.name);
  for (const tensor of graph.initializer) fields.message(5, (inner) => writeTensor(inner, tensor));
  for (const value of graph.input) fields.message(11, (inner) => writeValueInfo(inner, value));
  for (const value of graph.output) fields.message(12, (inner) => writeValueInfo(inner, value));
  for (const value of graph.valueInfo) fields.message(13, (inner) => writeValueInfo(inner, value));
}

function writeNode(fields: Fields, { input, output, name, opType, attribute = [], domain }: NodeProto): void {
  fields.strings(1, input);
  fields.strings(2, output);
  fields.string(3, name);
  fields.string(4, opType);
  for (const one of attribute) fields.message(5, (inner) => writeAttribute(inner, one));
  fields.string(7, domain);
}

function writeAttribute(fields: Fields, { name, f, i, s, g, ints, type }: AttributeProto): void {
  fields.string(1, name);
  fields.float(2, f);
  fields.int64(3, i);
  fields.bytes(4, s);
  if (g) fields.message(6, (graph) => writeGraph(graph, g));
  fields.int64s(8, ints);
  fields.int64(20, type);
}

function writeTensor(fields: Fields, { dims, dataType, name, rawData }: TensorProto): void {
  fields.int64s(1, dims);
  fields.int64(2, dataType);
  fields.string(8, name);
  fields.bytes(9, rawData);
}

/** ValueInfoProto → TypeProto → Tensor → TensorShapeProto → Dimension, a `oneof`. */
function writeValueInfo(fields: Fields, { name, elemType, shape }: ValueInfoProto): void {
  fields.string(1, name);
  fields.message(2, (type) => {
    type.message(1, (tensor) => {
      tensor.int64(1, elemType);
      tensor.message(2, (dimensions) => {
        for (const dim of shape) {
          dimensions.message(1, (one) => (typeof dim === "number" ? one.memberInt64(1, dim) : one.string(2, dim)));
        }
      });
    });
  });
}
