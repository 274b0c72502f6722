import { expectedGot } from "../../errors/index.ts";
import { defineOps, type Node, type OnnxEmitter } from "../node.ts";
import { broadcastShapes, onnxDType, type Shape, sameShape, showShape } from "../shape.ts";
import { orOfNots } from "./elementwise.ts";
import { largestMask } from "./largest-k.ts";
import { asFloat, removeScores } from "./removed-scores.ts";
import { source } from "./strides.ts";

/** Below any score, and above float32's lowest number, with which WebGPU's TopK fills its rows up and whose places are none. */
const REMOVED = -3.3e38;

const lastAs = (shape: Shape, last: number | string): Shape => [...shape.slice(0, -1), last];

/** One symbol for each k: ONNX Runtime reuses buffers between values whose symbols are equal. */
function sortedShape(node: Node, largestK: string): Shape {
  const fixed = node.inputs[3].attrs.values as readonly number[] | undefined;
  return lastAs(node.shape, fixed?.length === 1 ? fixed[0] : `k of ${largestK}`);
}

/**
 * `topKMask` without the indices of TopK, which are int64: kept = allowed and (score > k-th, or one of the first
 * k − |{score > k-th}| that equal it).
 */
function byCount(emitter: OnnxEmitter, [scores, allowed, k, largestK]: readonly string[], node: Node): string {
  const row = lastAs(node.shape, 1);
  const [float, mask] = [{ dtype: "float", shape: node.shape } as const, { dtype: "bool", shape: node.shape } as const];
  const perRow = { dtype: "float", shape: row } as const;
  const masked = removeScores(emitter, scores, allowed, { shape: node.shape, mask: node.inputs[1] });
  const sorted = sortedShape(node, largestK);
  const outs = [
    { dtype: "float", shape: sorted },
    { dtype: "int64", shape: sorted },
  ] as const;
  const [values] = emitter.emitMany("TopK", [masked, largestK], outs, { axis: -1, largest: 1, sorted: 1 });
  const kInfo = node.inputs[2];
  const place = emitter.emit("Sub", [k, emitter.constant([1], { dtype: "int32", shape: [] })], kInfo);
  const places = emitter.emit("Expand", [place, emitter.shapeVector(row)], { dtype: "int32", shape: row });
  const kth = emitter.emit("GatherElements", [values, places], perRow, { axis: -1 });
  const above = emitter.emit("Greater", [masked, kth], mask);
  const ties = emitter.emit("Equal", [masked, kth], mask);
  const asFloat = (value: string): string => emitter.emit("Cast", [value], float, { to: onnxDType.float });
  const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
  const count = emitter.emit("ReduceSum", [asFloat(above), last], perRow, { keepdims: 1 });
  const most = emitter.emit("Cast", [k], { dtype: "float", shape: kInfo.shape }, { to: onnxDType.float });
  const wanted = emitter.emit("Sub", [most, count], perRow);
  const axis = emitter.constant([-1], { dtype: "int32", shape: [] });
  const early = emitter.emit("LessOrEqual", [emitter.emit("CumSum", [asFloat(ties), axis], float), wanted], mask);
  const chosen = orOfNots(emitter, [above, emitter.emit("And", [ties, early], mask)], [mask, mask], mask);
  return emitter.emit("And", [chosen, allowed], mask);
}

/** Choices by rank; no gradient flows through a choice. */
export const rankingOps = defineOps({
  topKPlaces: {
    infer([scores, allowed], attrs) {
      const [k] = attrs.k as Shape;
      const fits =
        scores.dtype === "float" &&
        allowed.dtype === "bool" &&
        scores.shape.length > 0 &&
        sameShape(broadcastShapes("topKPlaces", [scores.shape, allowed.shape]), scores.shape);
      if (!fits) {
        const got = [scores, allowed].map(({ shape, dtype }) => `${dtype} ${showShape(shape)}`).join(", ");
        throw expectedGot("graph/shape", "topKPlaces", "float scores [..., n] and bool allowed that broadcasts to them", got);
      }
      return { shape: lastAs(scores.shape, k), dtype: "int32" };
    },
    reference([scores, allowed], shape) {
      const k = shape[shape.length - 1];
      const n = scores.shape[scores.shape.length - 1];
      const out = new Float64Array((scores.data.length / n) * k);
      const rank = (at: number): number => (allowed.data[source(at, scores.shape, allowed.shape)] ? scores.data[at] : -Infinity);
      for (let row = 0; row * n < scores.data.length; row++) {
        const places = Array.from({ length: n }, (_, i) => i);
        places.sort((a, b) => rank(row * n + b) - rank(row * n + a) || a - b);
        out.set(places.slice(0, k), row * k);
      }
      return out;
    },
    onnx(emitter, [scores, allowed], node) {
      const ranked = { dtype: "float", shape: node.shape } as const;
      const places = { dtype: "int64", shape: node.shape } as const;
      const { shape } = node.inputs[0];
      const masked = removeScores(emitter, scores, allowed, { shape, mask: node.inputs[1] }, REMOVED);
      const inputs = [masked, emitter.shapeVector(node.attrs.k as Shape)];
      const [, indices] = emitter.emitMany("TopK", inputs, [ranked, places], { axis: -1, largest: 1, sorted: 1 });
      // WebGPU casts no int64, but looks up by it
      if (emitter.webgpu) return emitter.emit("Gather", [emitter.positions(shape[shape.length - 1]), indices], node, { axis: 0 });
      return emitter.emit("Cast", [indices], node, { to: onnxDType.int32 });
    },
  },
  topKMask: {
    infer([scores, allowed, k, largestK]) {
      const fits =
        scores.dtype === "float" &&
        allowed.dtype === "bool" &&
        k.dtype === "int32" &&
        largestK.dtype === "int64" &&
        scores.shape.length > 0 &&
        sameShape(broadcastShapes("topKMask", [scores.shape, allowed.shape]), scores.shape) &&
        sameShape(broadcastShapes("topKMask", [lastAs(scores.shape, 1), k.shape]), lastAs(scores.shape, 1)) &&
        sameShape(largestK.shape, [1]);
      if (!fits) {
        const rule = "float scores [..., n], bool allowed and int32 k that broadcast to them, int64 largestK [1]";
        const got = [scores, allowed, k, largestK].map(({ shape, dtype }) => `${dtype} ${showShape(shape)}`).join(", ");
        throw expectedGot("graph/shape", "topKMask", rule, got);
      }
      return { shape: scores.shape, dtype: "bool" };
    },
    reference([scores, allowed, k], shape) {
      const n = shape[shape.length - 1];
      const rows = lastAs(shape, 1) as number[];
      const out = new Float64Array(scores.data.length);
      for (let start = 0; start < out.length; start += n) {
        const places = Array.from({ length: n }, (_, i) => i).filter(
          (i) => allowed.data[source(start + i, shape, allowed.shape)],
        );
        places.sort((a, b) => scores.data[start + b] - scores.data[start + a] || a - b);
        for (const i of places.slice(0, k.data[source(start / n, rows, k.shape)])) out[start + i] = 1;
      }
      return out;
    },
    onnx(emitter, [scores, allowed, k, largestK], node) {
      if (emitter.webgpu) return byCount(emitter, [scores, allowed, k, largestK], node);
      const { shape } = node;
      const [, allowedInfo, kInfo] = node.inputs;
      const masked = removeScores(emitter, scores, allowed, { shape, mask: allowedInfo });
      const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
      const bits = asFloat(emitter, allowed, allowedInfo.shape);
      const counts = emitter.emit(
        "ReduceSum",
        [bits, last],
        { dtype: "float", shape: lastAs(allowedInfo.shape, 1) },
        { keepdims: 1 },
      );
      const sorted = sortedShape(node, largestK);
      const chosen = largestMask(emitter, {
        ...{ shape, scores: masked, all: scores, allowed: bits, counts, k, kInfo, largestK },
        largest: sorted[sorted.length - 1],
      });
      const mask = { dtype: "bool", shape } as const;
      return emitter.emit("And", [chosen, allowed], mask);
    },
  },
});
