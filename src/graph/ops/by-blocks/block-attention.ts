import { expectedGot } from "../../../errors/index.ts";
import { type Dense, defineOps, makeNode, type Node } from "../../node.ts";
import { elements, product, sameShape, showShape } from "../../shape.ts";
import { checkDType } from "../check-dtype.ts";
import { maskDTypes, maskScale } from "../dropout.ts";
import { emitBackward, emitForward } from "./block-attention-onnx.ts";
import type { BlockAttentionAttrs } from "./block-attention-parts.ts";
import { emitBatchedBackward, emitBatchedForward } from "./block-attention-webgpu.ts";

const attrsOf = (node: Node): BlockAttentionAttrs => node.attrs as unknown as BlockAttentionAttrs;

/** With what a 1 of the mask multiplies by, for the references. */
function plainAttrs(node: Node, [, , , , , mask]: readonly Node[]) {
  const attrs = attrsOf(node);
  return { ...attrs, maskFactor: mask ? maskScale(mask, attrs.probability!) : 1 };
}
type PlainAttrs = ReturnType<typeof plainAttrs>;

function check([q, k, v, ids, bias, dropout]: readonly Node[], { size, together, groups }: BlockAttentionAttrs): void {
  const floats = [q, k, v, bias];
  checkDType("blockAttention", floats);
  if (dropout) checkDType("blockAttention", [dropout], maskDTypes);
  if (ids.dtype !== "int32") throw expectedGot("graph/dtype", "blockAttention", "int32 ids", ids.dtype);
  const [B, H] = q.shape;
  const [, , N, K] = ids.shape;
  const keys = product([K, size]);
  const fits =
    [k, v].every(({ shape }) => sameShape(shape, q.shape)) &&
    q.shape.length === 4 &&
    typeof H === "number" &&
    typeof q.shape[3] === "number" &&
    sameShape(ids.shape, [B, H, N, K]) &&
    (together === undefined || product([groups!, together]) === N) &&
    [1, H].includes(bias.shape[1] as number) &&
    [1, size].includes(bias.shape[3] as number) &&
    sameShape(bias.shape, [B, bias.shape[1], N, bias.shape[3], keys]) &&
    (!dropout ||
      sameShape(dropout.shape, [B, H, N, size, keys]) ||
      (K === N && sameShape(dropout.shape, [B, H, q.shape[2], q.shape[2]])));
  if (fits) return;
  const rule =
    "q, k, v [B, H, n, d], ids [B, H, N, K], bias [B, 1|H, N, 1|size, K·size] and dropout [B, H, N, size, K·size] or, for K = N, [B, H, n, n]";
  throw expectedGot("graph/shape", "blockAttention", rule, floats.map(({ shape }) => showShape(shape)).join(", "));
}

/** What a query of the reference attends to: places in the row of k and v, and the weight of each before dropout. */
interface Row {
  readonly keys: readonly number[];
  readonly p: readonly number[];
  readonly drop: readonly number[];
}

/** Calls `each` for every query of every head, with its softmax over the listed blocks. */
function eachQuery(
  [q, k, , ids, bias, dropout]: readonly Dense[],
  { size, scale, maskFactor }: PlainAttrs,
  each: (query: { readonly row: number; readonly start: number } & Row) => void,
): void {
  const [B, H, n, d] = q.shape;
  const [, , N, K] = ids.shape;
  const [, biasHeads, , biasRows, width] = bias.shape;
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let query = 0; query < n; query++) {
        const [block, inside] = [Math.floor(query / size), query % size];
        const start = (b * H + h) * n; // first row of this head
        const row = start + query;
        const listed = ((b * H + h) * N + block) * K;
        const ofBias = (((b * biasHeads + (h % biasHeads)) * N + block) * biasRows + (inside % biasRows)) * width;
        const scores: number[] = [];
        const keys: number[] = [];
        for (let slot = 0; slot < width; slot++) {
          const key = ids.data[listed + Math.floor(slot / size)] * size + (slot % size);
          let sum = 0;
          if (key < n) for (let i = 0; i < d; i++) sum += q.data[row * d + i] * k.data[(start + key) * d + i];
          keys.push(key);
          scores.push(scale * sum + bias.data[ofBias + slot]);
        }
        const most = scores.reduce((a, b) => Math.max(a, b));
        const raised = scores.map((score) => Math.exp(score - most));
        const total = raised.reduce((a, b) => a + b);
        const ofPairs = dropout?.shape.length === 4;
        const ofDrop = ofPairs ? row * n : (((b * H + h) * N + block) * size + inside) * width;
        const dropOf = (slot: number): number => dropout.data[ofDrop + (ofPairs ? Math.min(keys[slot], n - 1) : slot)];
        const drop = scores.map((_, slot) => (dropout ? maskFactor * dropOf(slot) : 1));
        each({ row, start, keys, p: raised.map((x) => x / total), drop });
      }
}

/** The gradients for q, k and v, by the formulas of the backward pass; a slot behind the last token has zero key and value. */
function backward(inputs: readonly Dense[], upstream: Dense, attrs: PlainAttrs): Record<"q" | "k" | "v", Float64Array> {
  const [q, k, v] = inputs;
  const [, , n, d] = q.shape;
  const out = { q: new Float64Array(q.data.length), k: new Float64Array(q.data.length), v: new Float64Array(q.data.length) };
  eachQuery(inputs, attrs, ({ row, start, keys, p, drop }) => {
    const up = upstream.data.subarray(row * d, (row + 1) * d);
    const dp = keys.map((key, slot) => {
      let sum = 0;
      if (key < n) for (let i = 0; i < d; i++) sum += up[i] * v.data[(start + key) * d + i];
      return sum * drop[slot];
    });
    const mean = dp.reduce((sum, value, slot) => sum + value * p[slot], 0);
    for (const [slot, key] of keys.entries()) {
      if (key >= n) continue;
      const ds = attrs.scale * p[slot] * (dp[slot] - mean);
      for (let i = 0; i < d; i++) {
        out.q[row * d + i] += ds * k.data[(start + key) * d + i];
        out.k[(start + key) * d + i] += ds * q.data[row * d + i];
        out.v[(start + key) * d + i] += p[slot] * drop[slot] * up[i];
      }
    }
  });
  return out;
}

/** Attention that computes listed blocks of keys only, and its gradients. */
export const blockAttentionOps = defineOps({
  blockAttention: {
    infer(inputs, attrs) {
      check(inputs, attrs as unknown as BlockAttentionAttrs);
      return inputs[0];
    },
    gradient(out, up) {
      const q = makeNode("blockAttentionGradient", [out, up, ...out.inputs], out.attrs);
      const part = (of: string): Node => makeNode("blockAttentionGradientPart", [q, ...q.inputs], { ...out.attrs, of });
      return [q, part("k"), part("v"), ...out.inputs.slice(3).map(() => null)];
    },
    reference(inputs, shape, node) {
      const [, , v] = inputs;
      const [n, d] = shape.slice(2);
      const out = new Float64Array(elements(shape));
      eachQuery(inputs, plainAttrs(node, node.inputs), ({ row, start, keys, p, drop }) => {
        for (const [slot, key] of keys.entries())
          if (key < n) for (let i = 0; i < d; i++) out[row * d + i] += p[slot] * drop[slot] * v.data[(start + key) * d + i];
      });
      return out;
    },
    /** The probabilities. */
    leaves(node) {
      const { size, recompute } = attrsOf(node);
      const [B, H, N, K] = node.inputs[3].shape;
      return recompute ? null : { shape: [B, H, N, size, product([K, size])], dtype: "float", for: "blockAttentionGradient" };
    },
    onnx(emitter, inputs, node) {
      const keeps = !attrsOf(node).recompute && emitter.isReadBy(node, "blockAttentionGradient");
      const { context, p } = (emitter.webgpu ? emitBatchedForward : emitForward)(emitter, inputs, node, attrsOf(node), keeps);
      if (keeps) emitter.leave(node, "p", p!);
      return context;
    },
  },
  // with respect to q; leaves those for k and v
  blockAttentionGradient: {
    infer([out, up]) {
      if (out.op !== "blockAttention" || !sameShape(out.shape, up.shape)) {
        const got = `${out.op} ${showShape(out.shape)} and ${showShape(up.shape)}`;
        throw expectedGot("graph/input", "blockAttentionGradient", "a blockAttention and a gradient of its shape", got);
      }
      return out;
    },
    reference: ([, up, ...inputs], _, node) => backward(inputs, up, plainAttrs(node, node.inputs.slice(2))).q,
    onnx(emitter, inputs, node) {
      const emit = emitter.webgpu ? emitBatchedBackward : emitBackward;
      const p = attrsOf(node).recompute ? undefined : emitter.extra(node.inputs[0], "p");
      const [q, k, v] = emit(emitter, inputs, node, attrsOf(node), p);
      emitter.leave(node, "k", k);
      emitter.leave(node, "v", v);
      return q;
    },
  },
  blockAttentionGradientPart: {
    infer([gradient]) {
      if (gradient.op !== "blockAttentionGradient")
        throw expectedGot("graph/input", "blockAttentionGradientPart", "a blockAttentionGradient", gradient.op);
      return gradient;
    },
    reference: ([, , up, ...inputs], _, node) =>
      backward(inputs, up, plainAttrs(node, node.inputs.slice(3)))[node.attrs.of as "k" | "v"],
    onnx: (emitter, _, node) => emitter.extra(node.inputs[0], node.attrs.of as string),
  },
});
