import { expectedGot } from "../../errors/index.ts";
import { matmul, sumTo } from "../build.ts";
import { type Dense, defineOps, type Node, type OnnxEmitter, type OnnxValueInfo } from "../node.ts";
import { elements, type Shape, sameShape, showShape } from "../shape.ts";
import { checkDType } from "./check-dtype.ts";

interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}
const attrsOf = (node: Node): MatmulAttrs => node.attrs as unknown as MatmulAttrs;

const swapped = (shape: Shape): Shape => [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]];

/** out[m, p] = alpha · Σ_k a[m, k] · b[k, p] for one matrix, either stored transposed. */
function multiply(a: Dense, b: Dense, { transA, transB, alpha }: MatmulAttrs): Float64Array {
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [m, inner] = transA ? [aColumns, aRows] : [aRows, aColumns];
  const p = transB ? bRows : bColumns;
  const batch = elements(a.shape.slice(0, -2));
  const out = new Float64Array(batch * m * p);
  for (let i = 0; i < batch; i++) {
    const [aStart, bStart, outStart] = [i * aRows * aColumns, i * bRows * bColumns, i * m * p];
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < p; column++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const left = a.data[aStart + (transA ? k * aColumns + row : row * aColumns + k)];
          const right = b.data[bStart + (transB ? column * bColumns + k : k * bColumns + column)];
          sum += left * right;
        }
        out[outStart + row * p + column] = alpha * sum;
      }
    }
  }
  return out;
}

function transposed(emitter: OnnxEmitter, value: string, { shape, dtype }: OnnxValueInfo): string {
  const axes = shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return emitter.emit("Transpose", [value], { shape: swapped(shape), dtype }, { perm });
}

/**
 * Emit alpha · a · b, either taken transposed.
 *
 * @param infos - Of a and b as they are stored, with the same leading axes.
 */
export function emitMatmul(
  emitter: OnnxEmitter,
  [a, b]: readonly string[],
  infos: readonly OnnxValueInfo[],
  out: OnnxValueInfo,
  { transA = false, transB = false, alpha = 1 }: Partial<MatmulAttrs> = {},
): string {
  const flags = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } };
  if (out.shape.length === 2) return emitter.emit("Gemm", [a, b], out, flags);
  if (emitter.microsoftOps && (transA || transB || alpha !== 1)) return emitter.emit("FusedMatMul", [a, b], out, flags);
  const left = transA ? transposed(emitter, a, infos[0]) : a;
  const right = transB ? transposed(emitter, b, infos[1]) : b;
  const product = emitter.emit("MatMul", [left, right], out);
  if (alpha === 1) return product;
  return emitter.emit("Mul", [product, emitter.constant([alpha], { dtype: "float", shape: [] })], out);
}

/** Matrix products. */
export const productOps = defineOps({
  matmul: {
    infer([a, b], attrs) {
      checkDType("matmul", [a, b]);
      if (Math.min(a.shape.length, b.shape.length) < 2) {
        throw expectedGot("graph/shape", "matmul", "matrices", `${showShape(a.shape)} and ${showShape(b.shape)}`);
      }
      const { transA, transB } = attrs as unknown as MatmulAttrs;
      const left = transA ? swapped(a.shape) : a.shape;
      const right = transB ? swapped(b.shape) : b.shape;
      const fits =
        left.length === right.length &&
        sameShape(left.slice(0, -2), right.slice(0, -2)) &&
        left[left.length - 1] === right[right.length - 2];
      if (!fits) {
        const rule = `${showShape(left)} times a matrix with ${left[left.length - 1]} rows and the same leading axes`;
        throw expectedGot("graph/shape", "matmul", rule, showShape(right));
      }
      return { shape: [...left.slice(0, -1), right[right.length - 1]], dtype: "float" };
    },
    gradient(out, up) {
      const [a, b] = out.inputs;
      const { transA, transB, alpha } = attrsOf(out);
      return [
        transA ? matmul(b, up, { transA: transB, transB: true, alpha }) : matmul(up, b, { transB: !transB, alpha }),
        transB ? matmul(up, a, { transA: true, transB: transA, alpha }) : matmul(a, up, { transA: !transA, alpha }),
      ];
    },
    reference: ([a, b], _, node) => multiply(a, b, attrsOf(node)),
    onnx: (emitter, inputs, node) => emitMatmul(emitter, inputs, node.inputs, node, attrsOf(node)),
  },
  linear: {
    infer([x, w, b]) {
      checkDType("linear", [x, w, b]);
      const fits = x.shape.length === 2 && w.shape.length === 2 && x.shape[1] === w.shape[1] && sameShape(b.shape, [w.shape[0]]);
      if (!fits) {
        const rule = "x [T, in], w [out, in] and b [out]";
        throw expectedGot("graph/shape", "linear", rule, [x, w, b].map(({ shape }) => showShape(shape)).join(", "));
      }
      return { shape: [x.shape[0], w.shape[0]], dtype: "float" };
    },
    gradient: ({ inputs: [x, w, b] }, up) => [matmul(up, w), matmul(up, x, { transA: true }), sumTo(up, b.shape)],
    reference([x, w, b], shape) {
      const product = multiply(x, w, { transA: false, transB: true, alpha: 1 });
      return product.map((value, at) => value + b.data[at % shape[1]]);
    },
    onnx: (emitter, inputs, node) => emitter.emit("Gemm", inputs, node, { transB: 1 }),
  },
});
