import { type OnnxAttributes, type OnnxValueInfo, onnxDType } from "../graph/index.ts";
import type { AttributeProto, GraphProto, ValueInfoProto } from "./proto.ts";

/** Values of AttributeType. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

export function valueInfo(name: string, { dtype, shape }: OnnxValueInfo): ValueInfoProto {
  return { name, elemType: onnxDType[dtype], shape };
}

export function attribute(name: string, value: OnnxAttributes[string]): AttributeProto {
  if (typeof value === "number") return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if ("subgraph" in value) return { name, type: ATTRIBUTE.graph, g: value.subgraph as GraphProto };
  if ("float" in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: value };
}

/** Little-endian, as ONNX has it and every machine that ONNX Runtime is built for. */
export function rawBytes(dtype: OnnxValueInfo["dtype"], values: readonly number[]): Uint8Array {
  const array = {
    float: () => Float32Array.from(values),
    int32: () => Int32Array.from(values),
    int64: () => BigInt64Array.from(values.map(BigInt)),
    bool: () => Uint8Array.from(values),
    uint8: () => Uint8Array.from(values),
    int8: () => Int8Array.from(values),
    uint32: () => Uint32Array.from(values),
  }[dtype]();
  return new Uint8Array(array.buffer);
}
