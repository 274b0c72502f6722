import { expectedGot } from "../../errors/index.ts";
import { type Dense, defineOps, type OnnxEmitter, type OnnxValueInfo } from "../node.ts";
import { onnxDType, showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";

/** The scale of what is zero everywhere: any will do, but 0 / 0. */
export const LEAST_SCALE = 1e-30;

/** To the nearest whole number, halves to the even one, as ONNX and PyTorch round. */
function nearest(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

const width = ({ shape }: Dense): number => shape[shape.length - 1];

/** Values as 8-bit numbers give them back. Nothing is learned through steps: `straightThrough` passes gradients beside them. */
export const quantisingOps = defineOps({
  /** Each row in steps of its own, symmetric: round(x / s) s with s = max |x| / steps. */
  rowSteps: {
    stopsGradient: true,
    infer([x]) {
      checkDType("rowSteps", [x]);
      if (x.shape.length === 0) throw expectedGot("graph/shape", "rowSteps", "at least one axis", showShape(x.shape));
      return x;
    },
    reference([x], _, { attrs }) {
      const out = new Float64Array(x.data.length);
      for (let start = 0; start < out.length; start += width(x)) {
        const row = x.data.subarray(start, start + width(x));
        const scale = Math.max(
          row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / (attrs.steps as number),
          LEAST_SCALE,
        );
        row.forEach((value, at) => {
          out[start + at] = nearest(value / scale) * scale;
        });
      }
      return out;
    },
    onnx(emitter, [x], node) {
      const row = { dtype: "float", shape: [...node.shape.slice(0, -1), 1] } as const;
      const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
      const largest = emitter.emit("ReduceMax", [emitter.emit("Abs", [x], node), last], row, { keepdims: 1 });
      const scale = emitter.emit(
        "Max",
        [emitter.emit("Div", [largest, number(emitter, node.attrs.steps as number)], row), number(emitter, LEAST_SCALE)],
        row,
      );
      const whole = rounded(emitter, emitter.emit("Div", [x, scale], node), node);
      return emitter.emit("Mul", [whole, scale], node);
    },
  },
});

/** The nearest whole number, halves to the even one: ONNX's Round, which ONNX Runtime's WebGPU lacks. */
function rounded(emitter: OnnxEmitter, x: string, { shape }: OnnxValueInfo): string {
  const value: OnnxValueInfo = { dtype: "float", shape };
  if (!emitter.webgpu) return emitter.emit("Round", [x], value);
  const half = number(emitter, 0.5);
  const asFloat = (op: string, inputs: readonly string[]): string =>
    emitter.emit("Cast", [emitter.emit(op, inputs, { dtype: "bool", shape })], value, { to: onnxDType.float });
  const floor = emitter.emit("Floor", [x], value);
  const rest = emitter.emit("Sub", [x, floor], value);
  const evenBelow = emitter.emit("Floor", [emitter.emit("Mul", [floor, half], value)], value);
  const isOdd = emitter.emit("Sub", [floor, emitter.emit("Add", [evenBelow, evenBelow], value)], value);
  const ofHalves = emitter.emit("Mul", [asFloat("Equal", [rest, half]), isOdd], value);
  const up = emitter.emit("Add", [asFloat("Greater", [rest, half]), ofHalves], value);
  return emitter.emit("Add", [floor, up], value);
}

const number = (emitter: OnnxEmitter, value: number): string => emitter.constant([value], { dtype: "float", shape: [] });
