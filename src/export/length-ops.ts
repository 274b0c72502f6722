import { expectedGot } from "../errors/index.ts";
import { type Dim, defineOps, makeNode, type Node, onnxDType } from "../graph/index.ts";

function sizeOf(where: string, { size }: Node["attrs"]): Dim {
  if (typeof size === "string" || typeof size === "number") return size;
  throw expectedGot("graph/shape", where, "a size", size);
}

/** Sizes of the inputs as values of the graph; only exported models need them, as everywhere else TypeScript feeds them. */
defineOps({
  range: {
    infer: (_, attrs) => ({ shape: [sizeOf("range", attrs)], dtype: "int32" }),
    reference: (_, [size]) => Float64Array.from({ length: size }, (_value, at) => at),
    onnx: (emitter, _inputs, node) => emitter.positions(sizeOf("range", node.attrs)),
  },
  sizeOfRange: {
    infer: () => ({ shape: [1], dtype: "int32" }),
    reference: ([range]) => Float64Array.of(range.data.length),
    onnx: (emitter, _inputs, node) =>
      emitter.emit("Cast", [emitter.shapeVector(node.inputs[0].shape)], node, { to: onnxDType.int32 }),
  },
});

/** 0, 1, …, size − 1: int32 [size]. */
export const range = (size: Dim): Node => makeNode("range", [], { size });
/** How long a range is: int32 [1]. */
export const sizeOfRange = (numbers: Node): Node => makeNode("sizeOfRange", [numbers]);
