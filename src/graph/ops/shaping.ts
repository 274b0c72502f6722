import { expectedGot } from "../../errors/index.ts";
import { broadcastTo, place, reshape, select, sumTo, transpose } from "../build.ts";
import { defineOps, type Node } from "../node.ts";
import { broadcastShapes, elements, onnxDType, product, type Shape, sameShape, showShape } from "../shape.ts";
import { checkDType, numbers } from "./check-dtype.ts";
import { source, strides } from "./strides.ts";

/** Axes of `from` that `to` lacks at the front, and those that it has as 1 where `from` has more. */
function summedAxes(from: Shape, to: Shape): { lacking: number[]; ones: number[] } {
  const extra = from.length - to.length;
  const axes = from.map((_, axis) => axis);
  return {
    lacking: axes.slice(0, extra),
    ones: axes.slice(extra).filter((axis) => to[axis - extra] === 1 && from[axis] !== 1),
  };
}

function checkBroadcasts(where: string, small: Shape, large: Shape): void {
  const fits = small.length <= large.length && sameShape(broadcastShapes(where, [small, large]), large);
  if (!fits) throw expectedGot("graph/shape", where, `a shape that broadcasts to ${showShape(large)}`, showShape(small));
}

/** One place of one axis; throws `graph/shape` when the shape has none such. */
function checkPlace(where: string, shape: Shape, { axis, index }: Node["attrs"]): void {
  const size = shape[axis as number];
  const fits =
    size !== undefined &&
    Number.isInteger(index) &&
    (index as number) >= 0 &&
    !(typeof size === "number" && (index as number) >= size);
  if (!fits)
    throw expectedGot("graph/shape", where, `a place of an axis of ${showShape(shape)}`, `place ${index} of axis ${axis}`);
}

/** How many blocks lie before an axis of a concrete shape, and how many elements behind each place of it. */
const around = (shape: readonly number[], axis: number): { outer: number; inner: number } => ({
  outer: elements(shape.slice(0, axis)),
  inner: elements(shape.slice(axis + 1)),
});

const without = (shape: Shape, axis: number): Shape => shape.filter((_, at) => at !== axis);

/** Whether ONNX Runtime reads the value from memory that is fed: a reshape is only another view of it. */
const isFedMemory = ({ op, inputs }: Node): boolean =>
  op === "input" || op === "parameter" || (op === "reshape" && isFedMemory(inputs[0]));

/** Operators that move elements without computing on them, and sums along axes. */
export const shapingOps = defineOps({
  reshape: {
    isView: true,
    infer([x], attrs) {
      const shape = attrs.shape as Shape;
      if (product(shape) !== product(x.shape)) {
        throw expectedGot("graph/shape", "reshape", `as many elements as ${showShape(x.shape)}`, showShape(shape));
      }
      return { shape, dtype: x.dtype };
    },
    gradient: (out, up) => [reshape(up, out.inputs[0].shape)],
    reference: ([x]) => x.data,
    onnx: (emitter, [x], node) => emitter.emit("Reshape", [x, emitter.shapeVector(node.shape)], node),
  },
  transpose: {
    infer([x], attrs) {
      const perm = attrs.perm as readonly number[];
      if (perm.length !== x.shape.length || x.shape.some((_, axis) => !perm.includes(axis))) {
        throw expectedGot("graph/shape", "transpose", `each axis of ${showShape(x.shape)} once`, perm);
      }
      return { shape: perm.map((axis) => x.shape[axis]), dtype: x.dtype };
    },
    gradient(out, up) {
      const perm = out.attrs.perm as readonly number[];
      return [
        transpose(
          up,
          perm.map((_, axis) => perm.indexOf(axis)),
        ),
      ];
    },
    reference([x], shape, node) {
      const perm = node.attrs.perm as readonly number[];
      const from = strides(x.shape);
      const to = strides(shape);
      return x.data.map((_, at) => {
        let index = 0;
        for (let axis = 0, rest = at; axis < shape.length; axis++) {
          index += Math.floor(rest / to[axis]) * from[perm[axis]];
          rest %= to[axis];
        }
        return x.data[index];
      });
    },
    onnx(emitter, [x], node) {
      const perm = { perm: node.attrs.perm as readonly number[] };
      if (!emitter.webgpu || node.dtype !== "bool") return emitter.emit("Transpose", [x], node, perm);
      const number = emitter.emit("Cast", [x], { ...node.inputs[0], dtype: "int32" }, { to: onnxDType.int32 });
      const moved = emitter.emit("Transpose", [number], { ...node, dtype: "int32" }, perm);
      return emitter.emit("Cast", [moved], node, { to: onnxDType.bool });
    },
  },
  sumTo: {
    infer([x], attrs) {
      const shape = attrs.shape as Shape;
      checkDType("sumTo", [x], numbers);
      checkBroadcasts("sumTo", shape, x.shape);
      return { shape, dtype: x.dtype };
    },
    gradient: (out, up) => [broadcastTo(up, out.inputs[0].shape)],
    reference([x], shape) {
      const out = new Float64Array(elements(shape));
      x.data.forEach((value, at) => {
        out[source(at, x.shape, shape)] += value;
      });
      return out;
    },
    // ONNX Runtime's sums depend in the last bit on how a fed buffer is aligned, so that one is summed as −Σ −x: Neg makes a copy,
    // and is exact.
    onnx(emitter, [fed], node) {
      const [summed] = node.inputs;
      const from = summed.shape;
      const copied = node.dtype === "float" && isFedMemory(summed);
      const x = copied ? emitter.emit("Neg", [fed], summed) : fed;
      const { lacking, ones } = summedAxes(from, node.shape);
      const reduce = (value: string, axes: number[], keepdims: number, shape: Shape): string => {
        const vector = emitter.constant(axes, { dtype: "int64", shape: [axes.length] });
        return emitter.emit("ReduceSum", [value, vector], { shape, dtype: node.dtype }, { keepdims });
      };
      const kept = from.map((dim, axis) => (ones.includes(axis) ? 1 : dim));
      const narrowed = ones.length > 0 ? reduce(x, ones, 1, kept) : x;
      const sum = lacking.length > 0 ? reduce(narrowed, lacking, 0, node.shape) : narrowed;
      return copied ? emitter.emit("Neg", [sum], node) : sum;
    },
  },
  broadcastTo: {
    infer([x], attrs) {
      const shape = attrs.shape as Shape;
      checkBroadcasts("broadcastTo", x.shape, shape);
      return { shape, dtype: x.dtype };
    },
    gradient: (out, up) => [sumTo(up, out.inputs[0].shape)],
    reference: ([x], shape) => Float64Array.from({ length: elements(shape) }, (_, at) => x.data[source(at, shape, x.shape)]),
    onnx: (emitter, [x], node) => emitter.emit("Expand", [x, emitter.shapeVector(node.shape)], node),
  },
  stack: {
    infer(inputs) {
      const [first] = inputs;
      if (!first || inputs.some(({ shape, dtype }) => dtype !== first.dtype || !sameShape(shape, first.shape))) {
        const got = inputs.map(({ shape, dtype }) => `${dtype} ${showShape(shape)}`).join(", ");
        throw expectedGot("graph/shape", "stack", "one node or more, all of one shape and dtype", got || "none");
      }
      return { shape: [inputs.length, ...first.shape], dtype: first.dtype };
    },
    gradient: ({ inputs }, up) => inputs.map((_, at) => select(up, 0, at)),
    reference(inputs, shape) {
      const out = new Float64Array(elements(shape));
      inputs.forEach(({ data }, at) => {
        out.set(data, at * data.length);
      });
      return out;
    },
    onnx(emitter, inputs, node) {
      const axes = emitter.constant([0], { dtype: "int64", shape: [1] });
      const one = { dtype: node.dtype, shape: [1, ...node.shape.slice(1)] };
      const widened = inputs.map((input) => emitter.emit("Unsqueeze", [input, axes], one));
      return widened.length === 1 ? widened[0] : emitter.emit("Concat", widened, node, { axis: 0 });
    },
  },
  select: {
    infer([x], attrs) {
      checkPlace("select", x.shape, attrs);
      return { shape: without(x.shape, attrs.axis as number), dtype: x.dtype };
    },
    gradient: ({ inputs: [x], attrs }, up) => [place(up, x.shape, attrs.axis as number, attrs.index as number)],
    reference([x], _, node) {
      const { axis, index } = node.attrs as { axis: number; index: number };
      const { outer, inner } = around(x.shape, axis);
      const out = new Float64Array(outer * inner);
      for (let o = 0; o < outer; o++) {
        const start = (o * x.shape[axis] + index) * inner;
        out.set(x.data.subarray(start, start + inner), o * inner);
      }
      return out;
    },
    onnx(emitter, [x], node) {
      const index = emitter.constant([node.attrs.index as number], { dtype: "int64", shape: [] });
      return emitter.emit("Gather", [x, index], node, { axis: node.attrs.axis as number });
    },
  },
  /** Zeros, but for one place of one axis: the reverse of `select`. */
  place: {
    infer([x], attrs) {
      const shape = attrs.shape as Shape;
      checkPlace("place", shape, attrs);
      const rule = without(shape, attrs.axis as number);
      if (!sameShape(x.shape, rule)) {
        throw expectedGot(
          "graph/shape",
          "place",
          `${showShape(rule)} for one place of axis ${attrs.axis} of ${showShape(shape)}`,
          showShape(x.shape),
        );
      }
      return { shape, dtype: x.dtype };
    },
    gradient: ({ attrs }, up) => [select(up, attrs.axis as number, attrs.index as number)],
    reference([x], shape, node) {
      const { axis, index } = node.attrs as { axis: number; index: number };
      const { outer, inner } = around(shape, axis);
      const out = new Float64Array(outer * shape[axis] * inner);
      for (let o = 0; o < outer; o++) {
        out.set(x.data.subarray(o * inner, (o + 1) * inner), (o * shape[axis] + index) * inner);
      }
      return out;
    },
    onnx(emitter, [x], node) {
      const { axis, index } = node.attrs as { axis: number; index: number };
      const int64 = { dtype: "int64", shape: [1] } as const;
      const widened = node.shape.map((dim, at) => (at === axis ? 1 : dim));
      const axes = emitter.constant([axis], int64);
      const unsqueezed = emitter.emit("Unsqueeze", [x, axes], { shape: widened, dtype: node.dtype });
      if (emitter.webgpu) {
        const along = node.shape.map((dim, at) => (at === axis ? dim : 1));
        const place = emitter.constant([index], { dtype: "int32", shape: [] });
        const here = emitter.emit("Equal", [emitter.positions(node.shape[axis]), place], {
          dtype: "bool",
          shape: [node.shape[axis]],
        });
        const column = emitter.emit("Reshape", [here, emitter.shapeVector(along)], { dtype: "bool", shape: along });
        return emitter.emit("Where", [column, unsqueezed, emitter.constant([0], { dtype: node.dtype, shape: [] })], node);
      }
      // only this axis is padded: `index` zeros before, size − index − 1 behind
      const before = emitter.constant([index], int64);
      const size = emitter.shapeVector([node.shape[axis]]);
      const behind = emitter.emit("Sub", [size, emitter.constant([index + 1], int64)], int64);
      const pads = emitter.emit("Concat", [before, behind], { dtype: "int64", shape: [2] }, { axis: 0 });
      const zero = emitter.constant([0], { dtype: node.dtype, shape: [] });
      return emitter.emit("Pad", [unsqueezed, pads, zero, axes], node, { mode: "constant" });
    },
  },
});
