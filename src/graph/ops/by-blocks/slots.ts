import { expectedGot } from "../../../errors/index.ts";
import { defineOps, type Node, type OnnxEmitter } from "../../node.ts";
import { type Dim, type DType, elements, onnxDType, product, type Shape, sameShape, showShape } from "../../shape.ts";
import { checkDType } from "../check-dtype.ts";
import { maskDTypes } from "../dropout.ts";

function check([slots, ids]: readonly Node[]): void {
  checkDType("pairsOfSlots", [slots], maskDTypes);
  if (ids.dtype !== "int32") throw expectedGot("graph/dtype", "pairsOfSlots", "int32 ids", ids.dtype);
  const [B, H, N, K] = ids.shape;
  const size = slots.shape[3];
  const fits = ids.shape.length === 4 && typeof size === "number" && sameShape(slots.shape, [B, H, N, size, product([K, size])]);
  if (fits) return;
  const got = [slots, ids].map(({ shape }) => showShape(shape)).join(" and ");
  throw expectedGot("graph/shape", "pairsOfSlots", "slots [B, H, N, size, K·size] of ids [B, H, N, K]", got);
}

const int32 = (shape: Shape) => ({ dtype: "int32", shape }) as const;
const float = (shape: Shape) => ({ dtype: "float", shape }) as const;

/** The first number of each row of the numbers 0, 1, … that fill a shape: int32 [...rows, 1]. */
function firstOfRows(emitter: OnnxEmitter, rows: Shape, width: Dim): string {
  const table = emitter.emit(
    "Reshape",
    [emitter.positions(product([...rows, width])), emitter.shapeVector([product(rows), width])],
    int32([product(rows), width]),
  );
  const first = emitter.constant([0], { dtype: "int64", shape: [] });
  const column = emitter.emit("Gather", [table, first], int32([product(rows)]), { axis: 1 });
  return emitter.emit("Reshape", [column, emitter.shapeVector([...rows, 1])], int32([...rows, 1]));
}

/** In which slot a block of queries lists each block of keys, 0 where in none: int32 [R, N]. */
function slotsOfBlocks(emitter: OnnxEmitter, ids: string, R: Dim, N: Dim, K: Dim): string {
  const [all, listed] = [product([R, N]), product([R, K])];
  const reshaped = (x: string, dtype: DType, shape: Shape): string =>
    emitter.emit("Reshape", [x, emitter.shapeVector(shape)], { dtype, shape });
  const places = emitter.emit("Add", [reshaped(ids, "int32", [R, K]), firstOfRows(emitter, [R], N)], int32([R, K]));
  const column = reshaped(places, "int32", [listed, 1]);
  const int64 = emitter.emit("Cast", [column], { dtype: "int64", shape: [listed, 1] }, { to: onnxDType.int64 });
  // floats, as WebGPU scatters nothing else; each place is written once
  const zero = emitter.constant([0], float([]));
  const none = emitter.emit("Expand", [zero, emitter.shapeVector([all])], float([all]));
  const slots = emitter.emit("Cast", [emitter.positions(K)], float([K]), { to: onnxDType.float });
  const ofEach = emitter.emit("Expand", [slots, emitter.shapeVector([R, K])], float([R, K]));
  const found = emitter.emit("ScatterND", [none, int64, reshaped(ofEach, "float", [listed])], float([all]));
  return reshaped(emitter.emit("Cast", [found], int32([all]), { to: onnxDType.int32 }), "int32", [R, N]);
}

/** What is held by listed blocks, as a matrix of all pairs. */
export const slotOps = defineOps({
  pairsOfSlots: {
    infer([slots, ids], attrs) {
      check([slots, ids]);
      const [n] = attrs.n as Shape;
      const [B, H] = ids.shape;
      return { shape: [B, H, n, n], dtype: slots.dtype };
    },
    reference([slots, ids], shape) {
      const n = shape[2];
      const [, , N, K] = ids.shape;
      const [, , , size, width] = slots.shape;
      const out = new Float64Array(elements(shape));
      for (let at = 0; at < out.length; at++) {
        const [head, query, key] = [Math.floor(at / n ** 2), Math.floor(at / n) % n, at % n];
        const block = head * N + Math.floor(query / size);
        const slot = Math.max(0, ids.data.subarray(block * K, (block + 1) * K).indexOf(Math.floor(key / size)));
        out[at] = slots.data[(block * size + (query % size)) * width + slot * size + (key % size)];
      }
      return out;
    },
    onnx(emitter, [slots, ids], node) {
      const [{ shape: ofSlots, dtype }, { shape: ofIds }] = node.inputs;
      const [B, H, N, K] = ofIds;
      const [size, R] = [ofSlots[3], product([B, H, N])];
      const bySlot = slotsOfBlocks(emitter, ids, R, N, K);
      const blocks = emitter.emit("Reshape", [bySlot, emitter.shapeVector([R, 1, N])], int32([R, 1, N]));
      // a row is what one query says of one block of keys
      const rows = emitter.emit("Add", [firstOfRows(emitter, [R, size], K), blocks], int32([R, size, N]));
      const ofRows = [product([R, size, K]), size];
      const table = emitter.emit("Reshape", [slots, emitter.shapeVector(ofRows)], { dtype, shape: ofRows });
      const found = emitter.emit("Gather", [table, rows], { dtype, shape: [R, size, N, size] }, { axis: 0 });
      const whole = [B, H, product([N, size]), product([N, size])];
      const padded = emitter.emit("Reshape", [found, emitter.shapeVector(whole)], { dtype, shape: whole });
      const vector = (values: readonly number[]): string => emitter.constant(values, { dtype: "int64", shape: [2] });
      const ends = emitter.shapeVector(node.shape.slice(2));
      return emitter.emit("Slice", [padded, vector([0, 0]), ends, vector([2, 3])], node);
    },
  },
});
