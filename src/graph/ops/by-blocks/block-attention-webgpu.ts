// Attention over listed blocks without Scan, which ONNX Runtime's WebGPU provider lacks: all blocks of queries of all heads at once.
import type { Node, OnnxEmitter } from "../../node.ts";
import { type Dim, plus, product } from "../../shape.ts";
import { emitDropoutWeights } from "../dropout.ts";
import {
  attended,
  type BlockAttentionAttrs,
  blocksOf,
  float,
  gradientsOf,
  int32,
  joined,
  reshaped,
  type Sizes,
  sizesOf,
  summedByKeys,
} from "./block-attention-parts.ts";

const int64 = { dtype: "int64", shape: [1] } as const;
const at = (emitter: OnnxEmitter, value: number): string => emitter.constant([value], int64);

/** [B, H, n, width] cut into blocks: [B, H, N, size, width]. The last block is filled up with zeros. */
function cut(emitter: OnnxEmitter, x: string, { batch, perText, n, blocks, size }: Sizes, width: Dim): string {
  const end = [batch, perText, size, width];
  const zero = emitter.constant([0], float([]));
  const zeros = emitter.emit("Expand", [zero, emitter.shapeVector(end)], float(end));
  // N · size − n zeros are wanted, which no dimension can say: a whole block is appended, and what is too much cut off
  const longer = emitter.emit("Concat", [x, zeros], float([batch, perText, plus([n, size]), width]), { axis: 2 });
  const rows = product([blocks, size]);
  const ends = emitter.shapeVector([rows]);
  const inputs = [longer, at(emitter, 0), ends, at(emitter, 2)];
  const whole = emitter.emit("Slice", inputs, float([batch, perText, rows, width]));
  return reshaped(emitter, whole, float([batch, perText, blocks, size, width]));
}

/** Places of the listed blocks among those of all heads, head after head: int32 [B, H, N, K]. */
function placesOf(emitter: OnnxEmitter, ids: string, { batch, perText, heads, blocks, slots }: Sizes): string {
  const everyBlock = int32([batch, perText, blocks, 1]);
  const among = reshaped(emitter, emitter.positions(product([heads, blocks])), everyBlock);
  const within = reshaped(emitter, emitter.positions(blocks), int32([blocks, 1]));
  const first = emitter.emit("Sub", [among, within], everyBlock); // of the head
  return emitter.emit("Add", [ids, first], int32([batch, perText, blocks, slots]));
}

/** The listed blocks of keys or values of every block of queries: [B, H, N, K · size, d]. */
function listed(emitter: OnnxEmitter, x: string, places: string, sizes: Sizes): string {
  const { batch, perText, heads, blocks, slots, size, d, keys } = sizes;
  const table = reshaped(emitter, cut(emitter, x, sizes, d), float([product([heads, blocks]), size * d]));
  const found = emitter.emit("Gather", [table, places], float([batch, perText, blocks, slots, size * d]), { axis: 0 });
  return reshaped(emitter, found, float([batch, perText, blocks, keys, d]));
}

/** A mask of all pairs as weights [B, H, N, size, N · size]. */
function weightsOfPairs(emitter: OnnxEmitter, mask: string, behind: string, sizes: Sizes): string {
  const { batch, perText, n, size, keys, maskDType: dtype, probability = 0 } = sizes;
  const weights = emitDropoutWeights(emitter, [behind, mask], float([batch, perText, n, n]), { dtype, probability });
  const end = [batch, perText, n, size];
  const zeros = emitter.emit("Expand", [emitter.constant([0], float([])), emitter.shapeVector(end)], float(end));
  const longer = emitter.emit("Concat", [weights, zeros], float([batch, perText, n, plus([n, size])]), { axis: 3 });
  const inputs = [longer, at(emitter, 0), emitter.shapeVector([keys]), at(emitter, 3)];
  return cut(emitter, emitter.emit("Slice", inputs, float([batch, perText, n, keys])), sizes, keys);
}

/** What both passes read, of all blocks. */
function readOf(emitter: OnnxEmitter, [q, k, v, ids, bias, dropout]: readonly string[], sizes: Sizes) {
  const places = placesOf(emitter, ids, sizes);
  const [keys, values] = [k, v].map((x) => listed(emitter, x, places, sizes));
  const mask = dropout && sizes.maskOfPairs ? weightsOfPairs(emitter, dropout, q, sizes) : dropout;
  return { q: cut(emitter, q, sizes, sizes.d), keys, values, bias, dropout: mask };
}

const all = (emitter: OnnxEmitter, { maskOfPairs, maskDType, ...sizes }: Sizes) => {
  const dtype = maskOfPairs ? "float" : maskDType;
  return blocksOf(emitter, { ...sizes, maskOfPairs, maskDType: dtype }, [sizes.batch, sizes.perText, sizes.blocks]);
};

/** Emit `softmax(q kᵀ · scale + bias) v` over listed blocks, all of them at once; with the softmax's values, [B, H, N, size, K · size]. */
export function emitBatchedForward(
  emitter: OnnxEmitter,
  inputs: readonly string[],
  { inputs: nodes }: Node,
  attrs: BlockAttentionAttrs,
): { readonly context: string; readonly p: string } {
  const sizes = sizesOf(nodes, attrs);
  const { rows, p } = attended(all(emitter, sizes), readOf(emitter, inputs, sizes)); // [B, H, N, size, d]
  return { context: joined(emitter, rows, sizes, [sizes.batch, sizes.perText]), p };
}

/** Emit the gradients for q, k and v, as `emitBackward` but for all blocks at once. */
export function emitBatchedBackward(
  emitter: OnnxEmitter,
  [out, up, ...inputs]: readonly string[],
  { inputs: [, , ...nodes], shape }: Node,
  attrs: BlockAttentionAttrs,
  p: string | undefined,
): string[] {
  const sizes = sizesOf(nodes, attrs);
  const { batch, perText, blocks, d } = sizes;
  const weighted = emitter.emit("Mul", [up, out], float(shape));
  const mean = emitter.emit("ReduceSum", [weighted, at(emitter, -1)], float([...shape.slice(0, -1), 1]), { keepdims: 1 });
  const read = readOf(emitter, inputs, sizes);
  const ofRows = { up: cut(emitter, up, sizes, d), mean: cut(emitter, mean, sizes, 1) };
  const { q, k, v } = gradientsOf(all(emitter, sizes), { ...read, ...ofRows, p });

  const column = reshaped(emitter, emitter.positions(blocks), int32([blocks, 1]));
  const [dk, dv] = summedByKeys(emitter, [k, v], { ids: inputs[3], column }, sizes, [batch, perText]);
  return [q, dk, dv].map((x) => joined(emitter, x, sizes, [batch, perText]));
}
