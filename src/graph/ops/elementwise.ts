import { expectedGot } from "../../errors/index.ts";
import { add, constant, div, erf as erfOf, exp, greater, mul, neg, scale, sub, where } from "../build.ts";
import { type Dense, defineOps, type OnnxEmitter, type OpRecord, type ValueInfo } from "../node.ts";
import { broadcastShapes, type DType, elements, onnxDType } from "../shape.ts";
import { checkDType, numbers } from "./check-dtype.ts";
import { erf } from "./special-functions.ts";
import { source } from "./strides.ts";

/** Apply `f` over broadcast inputs. */
function each(inputs: readonly Dense[], shape: readonly number[], f: (...values: number[]) => number): Float64Array {
  return Float64Array.from({ length: elements(shape) }, (_, at) => f(...inputs.map((x) => x.data[source(at, shape, x.shape)])));
}

const DTYPES: readonly DType[] = ["float", "int32", "int64", "bool"];

interface Elementwise {
  onnx: string;
  value: (...x: number[]) => number;
  takes?: readonly DType[];
  gives?: DType;
  gradient?: OpRecord["gradient"];
  /** Where the WebGPU provider lacks the operator. */
  webgpu?: OpRecord["onnx"];
}

function elementwise(name: string, { onnx, value, takes = ["float"], gives, gradient, webgpu }: Elementwise): OpRecord {
  const plain: NonNullable<OpRecord["onnx"]> = (emitter, inputs, node) => emitter.emit(onnx, inputs, node);
  return {
    infer(inputs) {
      checkDType(name, inputs, takes);
      const shape = broadcastShapes(
        name,
        inputs.map((x) => x.shape),
      );
      return { shape, dtype: gives ?? inputs[0].dtype };
    },
    gradient,
    reference: (inputs, shape) => each(inputs, shape, value),
    onnx: (emitter, inputs, node) => (emitter.webgpu && webgpu ? webgpu : plain)(emitter, inputs, node),
  };
}

/** a ∨ b = ¬(¬a ∧ ¬b). */
export function orOfNots(
  emitter: OnnxEmitter,
  [a, b]: readonly string[],
  [aInfo, bInfo]: readonly ValueInfo[],
  out: ValueInfo,
): string {
  const [notA, notB] = [emitter.emit("Not", [a], aInfo), emitter.emit("Not", [b], bInfo)];
  return emitter.emit("Not", [emitter.emit("And", [notA, notB], out)], out);
}

/** Operators that work element by element, with NumPy broadcasting. */
export const elementwiseOps = defineOps({
  add: elementwise("add", { onnx: "Add", takes: numbers, value: (a, b) => a + b, gradient: (_, up) => [up, up] }),
  sub: elementwise("sub", { onnx: "Sub", takes: numbers, value: (a, b) => a - b, gradient: (_, up) => [up, neg(up)] }),
  mul: elementwise("mul", {
    onnx: "Mul",
    takes: numbers,
    value: (a, b) => a * b,
    gradient: ({ inputs: [a, b] }, up) => [mul(up, b), mul(up, a)],
  }),
  div: elementwise("div", {
    onnx: "Div",
    value: (a, b) => a / b,
    gradient: (out, up) => [div(up, out.inputs[1]), neg(div(mul(up, out), out.inputs[1]))],
  }),
  neg: elementwise("neg", { onnx: "Neg", value: (x) => -x, gradient: (_, up) => [neg(up)] }),
  exp: elementwise("exp", { onnx: "Exp", value: Math.exp, gradient: (out, up) => [mul(up, out)] }),
  log: elementwise("log", { onnx: "Log", value: Math.log, gradient: (out, up) => [div(up, out.inputs[0])] }),
  sqrt: elementwise("sqrt", { onnx: "Sqrt", value: Math.sqrt, gradient: (out, up) => [scale(div(up, out), 0.5)] }),
  abs: elementwise("abs", {
    onnx: "Abs",
    takes: numbers,
    value: Math.abs,
    webgpu(emitter, [x], node) {
      if (node.dtype === "float") return emitter.emit("Abs", [x], node);
      const zero = emitter.constant([0], { dtype: node.dtype, shape: [] });
      return emitter.emit("Max", [x, emitter.emit("Sub", [zero, x], node)], node);
    },
    // 0 at 0, as PyTorch has it
    gradient: ({ inputs: [x] }, up) => [where(greater(x, constant(0)), up, where(greater(constant(0), x), neg(up), constant(0)))],
  }),
  sigmoid: elementwise("sigmoid", {
    onnx: "Sigmoid",
    value: (x) => 1 / (1 + Math.exp(-x)),
    gradient: (out, up) => [mul(up, mul(out, sub(constant(1), out)))],
  }),
  tanh: elementwise("tanh", {
    onnx: "Tanh",
    value: Math.tanh,
    gradient: (out, up) => [mul(up, sub(constant(1), mul(out, out)))],
  }),
  /** 2/√π ∫₀ˣ exp(−t²) dt. */
  erf: elementwise("erf", {
    onnx: "Erf",
    value: erf,
    // 2/√π · exp(−x²) as exp(ln(2/√π) − x²): one pass over the tensor fewer
    gradient: ({ inputs: [x] }, up) => [mul(up, exp(sub(constant(Math.log(2 / Math.sqrt(Math.PI))), mul(x, x))))],
  }),
  relu: elementwise("relu", {
    onnx: "Relu",
    value: (x) => Math.max(x, 0),
    gradient: ({ inputs: [x] }, up) => [where(greater(x, constant(0)), up, constant(0))],
  }),
  /** x · Φ(x), with Φ the distribution function of the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415). */
  gelu: elementwise("gelu", {
    onnx: "Gelu",
    value: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    // Φ(x) + x · φ(x) with y = x/√2: Φ = ½ erf(y) + ½, φ = exp(−½ ln 2π − y²), each pass over the tensor counted
    gradient: ({ inputs: [x] }, up) => {
      const y = scale(x, Math.SQRT1_2);
      const cdf = add(scale(erfOf(y), 0.5), constant(0.5));
      const density = exp(sub(constant(-0.5 * Math.log(2 * Math.PI)), mul(y, y)));
      return [mul(up, add(cdf, mul(x, density)))];
    },
  }),
  stopGradient: {
    stopsGradient: true,
    infer([x]) {
      checkDType("stopGradient", [x]);
      return x;
    },
    reference: ([x]) => x.data,
    onnx: (emitter, [x], node) => emitter.emit("Identity", [x], node),
  },
  /** x · c for a constant c; kept apart from `mul` so that its gradient knows c and asks for none. */
  scale: {
    infer([x]) {
      checkDType("scale", [x]);
      return x;
    },
    gradient: (out, up) => [scale(up, out.attrs.by as number)],
    reference: ([x], _, node) => x.data.map((v) => v * (node.attrs.by as number)),
    onnx: (emitter, [x], node) =>
      emitter.emit("Mul", [x, emitter.constant([node.attrs.by as number], { dtype: "float", shape: [] })], node),
  },
  greater: elementwise("greater", { onnx: "Greater", takes: numbers, gives: "bool", value: (a, b) => Number(a > b) }),
  lessOrEqual: elementwise("lessOrEqual", {
    onnx: "LessOrEqual",
    takes: numbers,
    gives: "bool",
    value: (a, b) => Number(a <= b),
  }),
  equal: elementwise("equal", { onnx: "Equal", takes: numbers, gives: "bool", value: (a, b) => Number(a === b) }),
  and: elementwise("and", { onnx: "And", takes: ["bool"], value: (a, b) => a * b }),
  or: elementwise("or", {
    onnx: "Or",
    takes: ["bool"],
    value: (a, b) => Math.max(a, b),
    webgpu: (emitter, [a, b], node) => orOfNots(emitter, [a, b], node.inputs, node),
  }),
  not: elementwise("not", { onnx: "Not", takes: ["bool"], value: (a) => 1 - a }),
  /** To another dtype. No gradient rule: one side is never float. */
  cast: {
    infer([x], attrs) {
      const dtype = attrs.to as DType;
      if (!DTYPES.includes(dtype)) throw expectedGot("graph/dtype", "cast", DTYPES.join(" or "), dtype);
      return { shape: x.shape, dtype };
    },
    reference([x], _, { attrs: { to } }) {
      if (to === "float") return x.data;
      // whole numbers have no −0
      return x.data.map((v) => (to === "bool" ? Number(v !== 0) : Math.trunc(v) + 0));
    },
    onnx: (emitter, [x], node) => emitter.emit("Cast", [x], node, { to: onnxDType[node.dtype] }),
  },
  /** `condition ? a : b`, element by element. */
  where: {
    infer([condition, a, b]) {
      if (condition.dtype !== "bool") throw expectedGot("graph/dtype", "where", "a bool condition", condition.dtype);
      checkDType("where", [a, b], [...numbers, "bool"]);
      return { shape: broadcastShapes("where", [condition.shape, a.shape, b.shape]), dtype: a.dtype };
    },
    gradient: ({ inputs: [condition] }, up) => [null, where(condition, up, constant(0)), where(condition, constant(0), up)],
    reference: (inputs, shape) => each(inputs, shape, (c, a, b) => (c ? a : b)),
    onnx: (emitter, inputs, node) => emitter.emit("Where", inputs, node),
  },
});
