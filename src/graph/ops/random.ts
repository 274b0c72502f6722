import { expectedGot } from "../../errors/index.ts";
import { dropoutMaskReference, dropoutRate } from "../../random/index.ts";
import { defineOps, type OnnxEmitter } from "../node.ts";
import { elements, onnxDType, product, type Shape, sameShape, showShape } from "../shape.ts";

const TURN = 65536;

/** Random numbers that are drawn in the graph: functions of a key that is fed. */
export const randomOps = defineOps({
  dropoutMask: {
    infer([key], attrs) {
      if (key.dtype !== "int32" || !sameShape(key.shape, [2])) {
        throw expectedGot("graph/shape", "dropoutMask", "an int32 key [2]", `${key.dtype} ${showShape(key.shape)}`);
      }
      dropoutRate(attrs.probability as number);
      return { shape: attrs.shape as Shape, dtype: "float" };
    },
    reference([{ data }], shape, node) {
      const out = new Float32Array(elements(shape));
      const [key0, key1] = data;
      dropoutMaskReference(out, { key0, key1 }, 0, dropoutRate(node.attrs.probability as number));
      return Float64Array.from(out);
    },
    // `maskHash` of src/random, operator by operator
    onnx(emitter, [key], node) {
      const size = product(node.shape);
      const { scale, threshold16 } = dropoutRate(node.attrs.probability as number);
      const uint = { dtype: "uint32", shape: [size] } as const;
      const unsigned = emitter.emit("Cast", [key], { dtype: "uint32", shape: [2] }, { to: onnxDType.uint32 });
      const word = (at: number): string => {
        const index = emitter.constant([at], { dtype: "int64", shape: [] });
        return emitter.emit("Gather", [unsigned, index], { dtype: "uint32", shape: [] }, { axis: 0 });
      };
      const on = (opType: string, a: string, b: string): string => emitter.emit(opType, [a, b], uint);
      const square = (x: string): string => on("Mul", x, on("Add", on("Add", x, x), scalar(emitter, 1)));
      const turned = (x: string): string => on("Add", on("Div", x, scalar(emitter, TURN)), on("Mul", x, scalar(emitter, TURN)));
      const index = emitter.emit("Cast", [emitter.positions(size)], uint, { to: onnxDType.uint32 });
      const first = turned(square(on("Add", index, word(0))));
      const hash = square(turned(square(on("Add", first, word(1)))));
      const dropped = emitter.emit("Less", [hash, scalar(emitter, threshold16 * TURN)], { dtype: "bool", shape: [size] });
      const kept = { dtype: "float", shape: [] } as const;
      const values = [dropped, emitter.constant([0], kept), emitter.constant([scale], kept)];
      const flat = emitter.emit("Where", values, { dtype: "float", shape: [size] });
      return emitter.emit("Reshape", [flat, emitter.shapeVector(node.shape)], node);
    },
  },
});

const scalar = (emitter: OnnxEmitter, value: number): string => emitter.constant([value], { dtype: "uint32", shape: [] });
