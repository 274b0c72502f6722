import { expectedGot } from "../../errors/index.ts";
import { relativeShift, relativeSpread } from "../build.ts";
import { defineOps, type Node } from "../node.ts";
import { type Dim, elements, plus, product, type Shape, showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";

const widthOf = (n: Dim): Dim => plus([product([2, n]), 1]);

/** Calls `each` with the places of one pair in [..., n, n] and in [..., n, 2n + 1]. */
function eachPair(shape: readonly number[], each: (narrow: number, wide: number) => void): void {
  const [rows, n] = [elements(shape.slice(0, -1)), shape.at(-1)!];
  for (let row = 0; row < rows; row++) for (let j = 0; j < n; j++) each(row * n + j, row * (2 * n + 1) + n + j - (row % n));
}

/** The n · (2n + 1) values of a matrix, in memory, are 2n + 1 rows of n: pair (i, j) is column j of row 2i + 1. */
export const relativeOps = defineOps({
  relativeShift: {
    infer([x]) {
      checkDType("relativeShift", [x]);
      const [n, width] = x.shape.slice(-2);
      if (x.shape.length < 2 || width !== widthOf(n))
        throw expectedGot("graph/shape", "relativeShift", "rows n and columns 2n + 1", showShape(x.shape));
      return { shape: [...x.shape.slice(0, -1), n], dtype: "float" };
    },
    gradient: (_, up) => [relativeSpread(up)],
    reference([x], shape) {
      const out = new Float64Array(elements(shape));
      eachPair(shape, (narrow, wide) => void (out[narrow] = x.data[wide]));
      return out;
    },
    onnx(emitter, [x], node) {
      const { n, heads } = sizes(node);
      const wide = [heads, widthOf(n), n];
      const lines = emitter.emit("Reshape", [x, emitter.shapeVector(wide)], { dtype: "float", shape: wide });
      const narrow = [heads, n, n];
      const at = (value: number): string => emitter.constant([value], { dtype: "int64", shape: [1] });
      const odd = emitter.emit("Slice", [lines, at(1), at(2 ** 31 - 1), at(1), at(2)], { dtype: "float", shape: narrow });
      return emitter.emit("Reshape", [odd, emitter.shapeVector(node.shape)], node);
    },
  },
  relativeSpread: {
    infer([x]) {
      checkDType("relativeSpread", [x]);
      const [n, columns] = x.shape.slice(-2);
      if (x.shape.length < 2 || n !== columns)
        throw expectedGot("graph/shape", "relativeSpread", "as many rows as columns", showShape(x.shape));
      return { shape: [...x.shape.slice(0, -1), widthOf(n)], dtype: "float" };
    },
    gradient: (_, up) => [relativeShift(up)],
    reference([x], shape) {
      const out = new Float64Array(elements(shape));
      eachPair(x.shape, (narrow, wide) => void (out[wide] = x.data[narrow]));
      return out;
    },
    onnx(emitter, [x], node) {
      const { n, heads } = sizes(node);
      const reshaped = (value: string, shape: Shape): string =>
        emitter.emit("Reshape", [value, emitter.shapeVector(shape)], { dtype: "float", shape });
      const zero = emitter.constant([0], { dtype: "float", shape: [] });
      const padded = (value: string, pads: readonly number[], shape: Shape): string => {
        const amounts = emitter.constant(pads, { dtype: "int64", shape: [6] });
        return emitter.emit("Pad", [value, amounts, zero], { dtype: "float", shape }, { mode: "constant" });
      };
      const rows = product([heads, n]);
      const pairs = padded(reshaped(x, [rows, 1, n]), [0, 1, 0, 0, 0, 0], [rows, 2, n]); // zeros before each row
      const lines = reshaped(pairs, [heads, product([2, n]), n]);
      const whole = padded(lines, [0, 0, 0, 0, 1, 0], [heads, widthOf(n), n]); // and behind the last one
      return reshaped(whole, node.shape);
    },
  },
});

/** n, and how many matrices there are. */
function sizes({ shape }: Node): { readonly n: Dim; readonly heads: Dim } {
  return { n: shape.at(-2)!, heads: product(shape.slice(0, -2)) };
}
