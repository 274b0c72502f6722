import { expectedGot } from "../../errors/index.ts";
import { exp, layerNormMoment, mul, scale, sub, sumTo } from "../build.ts";
import { type Dense, defineOps, type Node, type OpRecord } from "../node.ts";
import { broadcastShapes, elements, type Shape, sameShape, showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";
import { asFloat, removeScores } from "./removed-scores.ts";
import { source } from "./strides.ts";

const lastAsOne = (shape: Shape): Shape => [...shape.slice(0, -1), 1];

function checkRows(where: string, x: Node): void {
  checkDType(where, [x]);
  if (x.shape.length === 0) throw expectedGot("graph/shape", where, "at least one axis", showShape(x.shape));
}

/** Run `f` over each row of the last axis; it fills `out`. */
function eachRow({ shape, data }: Dense, f: (row: Float64Array, out: Float64Array, start: number) => void): Float64Array {
  const width = shape[shape.length - 1];
  const out = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += width) f(data.subarray(at, at + width), out.subarray(at, at + width), at);
  return out;
}

function momentsOf(row: Float64Array, eps: number): { mean: number; invStd: number } {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
  return { mean, invStd: 1 / Math.sqrt(variance + eps) };
}

/** The mean over the last axis, kept as an axis of 1. */
function meanOfRows(x: Node): Node {
  const width = x.shape[x.shape.length - 1];
  if (typeof width !== "number") throw expectedGot("graph/shape", "layerNorm", "a last axis of known size", showShape(x.shape));
  return scale(sumTo(x, lastAsOne(x.shape)), 1 / width);
}

/** `mean` or `invStd` of the rows that a layerNorm normalised: extra outputs of its ONNX operator, so never computed twice. */
const layerNormMomentOp: OpRecord = {
  infer([norm]) {
    if (norm.op !== "layerNorm") throw expectedGot("graph/input", "layerNormMoment", "a layerNorm", norm.op);
    return { shape: lastAsOne(norm.shape), dtype: norm.dtype };
  },
  reference([, x], shape, node) {
    const width = x.shape[x.shape.length - 1];
    const key = node.attrs.which as "mean" | "invStd";
    const row = (at: number): Float64Array => x.data.subarray(at * width, (at + 1) * width);
    return Float64Array.from({ length: elements(shape) }, (_, at) => momentsOf(row(at), node.inputs[0].attrs.eps as number)[key]);
  },
  onnx: (emitter, _, node) => emitter.extra(node.inputs[0], node.attrs.which as string),
};

/** Normalisations over the last axis. */
export const normalisingOps = defineOps({
  layerNorm: {
    infer([x, gamma, beta]) {
      checkDType("layerNorm", [x, gamma, beta]);
      const width = x.shape.slice(-1);
      if (width.length === 0 || !sameShape(gamma.shape, width) || !sameShape(beta.shape, width)) {
        const got = [x, gamma, beta].map(({ shape }) => showShape(shape)).join(", ");
        throw expectedGot("graph/shape", "layerNorm", "x [..., D], γ [D] and β [D]", got);
      }
      return x;
    },
    // x̂ = (x − mean) · invStd, g = up · γ: dx = invStd · (g − mean(g) − x̂ · mean(g · x̂))
    gradient(out, up) {
      const [x, gamma] = out.inputs;
      const invStd = layerNormMoment(out, "invStd");
      const normalised = mul(sub(x, layerNormMoment(out, "mean")), invStd);
      const g = mul(up, gamma);
      const pulled = sub(sub(g, meanOfRows(g)), mul(normalised, meanOfRows(mul(g, normalised))));
      return [mul(pulled, invStd), mul(up, normalised), up];
    },
    reference: ([x, gamma, beta], _, node) =>
      eachRow(x, (row, out) => {
        const { mean, invStd } = momentsOf(row, node.attrs.eps as number);
        row.forEach((value, i) => {
          out[i] = (value - mean) * invStd * gamma.data[i] + beta.data[i];
        });
      }),
    onnx(emitter, inputs, node) {
      const row = { shape: lastAsOne(node.shape), dtype: node.dtype };
      const attributes = { axis: -1, epsilon: { float: node.attrs.eps as number } };
      const [out, mean, invStd] = emitter.emitMany("LayerNormalization", inputs, [node, row, row], attributes);
      emitter.leave(node, "mean", mean);
      emitter.leave(node, "invStd", invStd);
      return out;
    },
  },
  layerNormMoment: layerNormMomentOp,
  maskedSoftmax: {
    infer([scores, keep]) {
      checkRows("maskedSoftmax", scores);
      if (keep.dtype !== "bool") throw expectedGot("graph/dtype", "maskedSoftmax", "a bool mask", keep.dtype);
      if (!sameShape(broadcastShapes("maskedSoftmax", [scores.shape, keep.shape]), scores.shape)) {
        const rule = `a mask that broadcasts to ${showShape(scores.shape)}`;
        throw expectedGot("graph/shape", "maskedSoftmax", rule, showShape(keep.shape));
      }
      return scores;
    },
    // p · (up − Σ p · up): removed places have p = 0, so none flows there
    gradient(out, up) {
      const weighted = mul(out, up);
      return [sub(weighted, mul(out, sumTo(weighted, lastAsOne(out.shape)))), null];
    },
    reference: ([scores, keep]) =>
      eachRow(scores, (row, out, start) => {
        const kept = row.map((_, i) => keep.data[source(start + i, scores.shape, keep.shape)]);
        const largest = row.reduce((most, value, i) => (kept[i] ? Math.max(most, value) : most), -Infinity);
        if (largest === -Infinity) return;
        const raised = row.map((value, i) => (kept[i] ? Math.exp(value - largest) : 0));
        const sum = raised.reduce((a, b) => a + b, 0);
        out.set(raised.map((value) => value / sum));
      }),
    onnx(emitter, [scores, keep], node) {
      const { shape } = node;
      const mask = node.inputs[1];
      const probabilities = emitter.emit("Softmax", [removeScores(emitter, scores, keep, { shape, mask })], node, { axis: -1 });
      // only a row that keeps nothing has others than 0 at removed places
      if (node.attrs.rowsKeepOne) return probabilities;
      return emitter.emit("Mul", [probabilities, asFloat(emitter, keep, mask.shape)], node);
    },
  },
  logSoftmax: {
    infer([x]) {
      checkRows("logSoftmax", x);
      return x;
    },
    gradient: (out, up) => [sub(up, mul(exp(out), sumTo(up, lastAsOne(up.shape))))],
    reference: ([x]) =>
      eachRow(x, (row, out) => {
        const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
        const logSum = largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
        row.forEach((value, i) => {
          out[i] = value - logSum;
        });
      }),
    onnx(emitter, [x], node) {
      if (!emitter.webgpu) return emitter.emit("LogSoftmax", [x], node, { axis: -1 });
      const row = { shape: lastAsOne(node.shape), dtype: node.dtype };
      const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
      const centred = emitter.emit("Sub", [x, emitter.emit("ReduceMax", [x, last], row, { keepdims: 1 })], node);
      const sum = emitter.emit("ReduceSum", [emitter.emit("Exp", [centred], node), last], row, { keepdims: 1 });
      return emitter.emit("Sub", [centred, emitter.emit("Log", [sum], row)], node);
    },
  },
});
