import { expectedGot } from "../../errors/index.ts";
import { gather, pickRows, scatterRows, spreadRows } from "../build.ts";
import { defineOps, type Node } from "../node.ts";
import { type DType, elements, onnxDType, plus, product, type Shape, sameShape, showShape } from "../shape.ts";
import { checkDType, numbers } from "./check-dtype.ts";

function checkIds(where: string, { dtype }: Node): void {
  if (dtype !== "int32") throw expectedGot("graph/dtype", where, "int32 ids", dtype);
}

function checkTable(where: string, shape: Shape): void {
  if (shape.length === 0) throw expectedGot("graph/shape", where, "a table with rows", showShape(shape));
}

function checkPlaces(where: string, [x, rows, places]: readonly Node[], width: "rows" | "places"): void {
  checkDType(where, [x], ["float"]);
  for (const ids of [rows, places]) checkIds(where, ids);
  const count = (width === "rows" ? rows : places).shape;
  if (x.shape.length !== 2 || rows.shape.length !== 1 || places.shape.length !== 1 || !sameShape([x.shape[0]], count)) {
    const got = [x, rows, places].map(({ shape }) => showShape(shape)).join(", ");
    throw expectedGot("graph/shape", where, `x [${showShape(count)}, D] with ids of one axis`, got);
  }
}

/** Embedding tables: rows by id, and the reverse; a choice of rows, and the reverse. */
export const gatheringOps = defineOps({
  gather: {
    infer([table, ids]) {
      checkTable("gather", table.shape);
      checkIds("gather", ids);
      return { shape: [...ids.shape, ...table.shape.slice(1)], dtype: table.dtype };
    },
    gradient: ({ inputs: [table, ids] }, up) => [scatterRows(up, ids, table.shape), null],
    reference([table, ids]) {
      const width = elements(table.shape.slice(1));
      const out = new Float64Array(ids.data.length * width);
      ids.data.forEach((id, at) => {
        if (!(id >= 0 && id < table.shape[0])) {
          throw expectedGot("graph/bad-id", "gather", `ids in [0, ${table.shape[0]})`, id);
        }
        out.set(table.data.subarray(id * width, (id + 1) * width), at * width);
      });
      return out;
    },
    onnx: (emitter, inputs, node) => emitter.emit("Gather", inputs, node, { axis: 0 }),
  },
  // No ONNX form on the CPU: a scatter-add with repeated ids loses updates between ONNX Runtime's threads. The trainer adds the rows
  // in order. On WebGPU every row first becomes the sum of all rows with its id, by a product with the matrix of equal ids; those
  // with one id then write the same bits, in whatever order.
  scatterRows: {
    webgpuOnly: true,
    infer([rows, ids], attrs) {
      const shape = attrs.shape as Shape;
      checkDType("scatterRows", [rows], numbers);
      checkIds("scatterRows", ids);
      checkTable("scatterRows", shape);
      if (!sameShape(rows.shape, [...ids.shape, ...shape.slice(1)])) {
        const rule = `rows ${showShape([...ids.shape, ...shape.slice(1)])}`;
        throw expectedGot("graph/shape", "scatterRows", rule, showShape(rows.shape));
      }
      return { shape, dtype: rows.dtype };
    },
    gradient: ({ inputs: [, ids] }, up) => [gather(up, ids), null],
    reference([rows, ids], shape) {
      const width = elements(shape.slice(1));
      const out = new Float64Array(shape[0] * width);
      ids.data.forEach((id, at) => {
        for (let i = 0; i < width; i++) out[id * width + i] += rows.data[at * width + i];
      });
      return out;
    },
    onnx(emitter, [rows, ids], node) {
      const [rowsInfo, idsInfo] = node.inputs;
      const [count, width] = [product(idsInfo.shape), product(node.shape.slice(1))];
      const flat = (value: string, shape: Shape, dtype: DType): string =>
        emitter.emit("Reshape", [value, emitter.shapeVector(shape)], { dtype, shape });
      const [column, line] = [flat(ids, [count, 1], "int32"), flat(ids, [1, count], "int32")];
      const square = [count, count];
      const equal = emitter.emit("Equal", [column, line], { dtype: "bool", shape: square });
      const ones = emitter.emit("Cast", [equal], { dtype: "float", shape: square }, { to: onnxDType.float });
      const values = flat(rows, [count, width], rowsInfo.dtype);
      const sums = emitter.emit("MatMul", [ones, values], { dtype: "float", shape: [count, width] });
      const zero = emitter.constant([0], { dtype: "float", shape: [] });
      const table = [node.shape[0], width];
      const empty = emitter.emit("Expand", [zero, emitter.shapeVector(table)], { dtype: "float", shape: table });
      const places = emitter.emit("Cast", [column], { dtype: "int64", shape: [count, 1] }, { to: onnxDType.int64 });
      const filled = emitter.emit("ScatterND", [empty, places, sums], { dtype: "float", shape: table });
      return flat(filled, node.shape, "float");
    },
  },
  pickRows: {
    infer([x, rows, places]) {
      checkPlaces("pickRows", [x, rows, places], "places");
      return { shape: [rows.shape[0], x.shape[1]], dtype: x.dtype };
    },
    gradient: ({ inputs: [, rows, places] }, up) => [spreadRows(up, rows, places), null, null],
    reference([x, rows]) {
      const width = x.shape[1];
      const out = new Float64Array(rows.data.length * width);
      rows.data.forEach((row, at) => {
        out.set(x.data.subarray(row * width, (row + 1) * width), at * width);
      });
      return out;
    },
    onnx: (emitter, [x, rows], node) => emitter.emit("Gather", [x, rows], node, { axis: 0 }),
  },
  spreadRows: {
    infer([x, rows, places]) {
      checkPlaces("spreadRows", [x, rows, places], "rows");
      return { shape: [places.shape[0], x.shape[1]], dtype: x.dtype };
    },
    gradient: ({ inputs: [, rows, places] }, up) => [pickRows(up, rows, places), null, null],
    reference([x, , places]) {
      const width = x.shape[1];
      const out = new Float64Array(places.data.length * width);
      places.data.forEach((place, at) => {
        if (place < x.shape[0]) out.set(x.data.subarray(place * width, (place + 1) * width), at * width);
      });
      return out;
    },
    onnx(emitter, [x, , places], node) {
      const width = node.shape[1];
      const [rows] = node.inputs[0].shape;
      const zeros = emitter.constant(new Array(width as number).fill(0), { dtype: "float", shape: [1, width] });
      const padded = { dtype: "float", shape: [plus([rows, 1]), width] } as const;
      const table = emitter.emit("Concat", [x, zeros], padded, { axis: 0 });
      return emitter.emit("Gather", [table, places], node, { axis: 0 });
    },
  },
});
