// Attention over listed blocks as a Scan over heads with one over blocks of queries in it: only one block's pairs are held at a time.
import type { Node, OnnxEmitter, OnnxValueInfo } from "../../node.ts";
import { type Dim, type DType, product, type Shape } from "../../shape.ts";
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

type Slice = readonly [name: string, info: OnnxValueInfo];

/** A Scan: `build` runs for each slice of the inputs along their first axis, and its outputs are put together along one. */
function scan(
  emitter: OnnxEmitter,
  count: Dim,
  inputs: readonly Slice[],
  build: (slices: readonly string[]) => readonly Slice[],
): string[] {
  let outs: readonly Slice[] = [];
  const body = emitter.subgraph(
    inputs.map(([, info]) => info),
    (names) => {
      outs = build(names);
      return outs;
    },
  );
  const names = inputs.map(([name]) => name);
  const stacked = outs.map(([, { dtype, shape }]) => ({ dtype, shape: [count, ...shape] }));
  return emitter.emitMany("Scan", names, stacked, { body, num_scan_inputs: inputs.length });
}

/** Axes before those of one block in a slice of the Scan over blocks: none, or how many are computed together. */
const leadingOf = ({ together }: Sizes): Shape => (together === undefined ? [] : [together]);

/** The Scan over blocks: of inputs [N, …], slices of one block or of several. */
function scanBlocks(
  emitter: OnnxEmitter,
  sizes: Sizes,
  inputs: readonly Slice[],
  build: (slices: readonly string[]) => readonly Slice[],
): string[] {
  const leading = leadingOf(sizes);
  const count = sizes.groups ?? sizes.blocks;
  const grouped = inputs.map(([name, { dtype, shape }]): Slice => {
    const slice = { dtype, shape: [...leading, ...shape] };
    return [leading.length === 0 ? name : reshaped(emitter, name, { dtype, shape: [count, ...slice.shape] }), slice];
  });
  return scan(emitter, count, grouped, build);
}

/** Inputs of the Scan over heads: [B·H, …] each. */
function perHead(
  emitter: OnnxEmitter,
  [q, k, v, ids, bias, dropout]: readonly string[],
  sizes: Sizes,
): { readonly slices: Slice[]; readonly biasOf: (name: string) => string } {
  const { heads, n, d, blocks, slots, keys, size, biasHeads, biasRows, batch, perText } = sizes;
  const flat = (x: string, dtype: DType, shape: Shape): Slice => [
    reshaped(emitter, x, { dtype, shape: [heads, ...shape] }),
    { dtype, shape },
  ];
  const ofBias = float([blocks, biasRows, keys]);
  const slices = [
    flat(q, "float", [n, d]),
    flat(k, "float", [n, d]),
    flat(v, "float", [n, d]),
    flat(ids, "int32", [blocks, slots]),
  ];
  const biases = product([batch, biasHeads]);
  const table = reshaped(emitter, bias, float([biases, ...ofBias.shape]));
  if (biasHeads > 1) slices.push([table, ofBias]);
  else {
    // one bias for all heads of a text: its place is scanned, not a copy for each head
    const each = emitter.constant([perText], int32([]));
    slices.push([emitter.emit("Div", [emitter.positions(heads), each], int32([heads])), int32([])]);
  }
  if (dropout) slices.push(flat(dropout, sizes.maskDType, sizes.maskOfPairs ? [n, n] : [blocks, size, keys]));
  return {
    slices,
    biasOf: (name) => (biasHeads > 1 ? name : emitter.emit("Gather", [table, name], ofBias, { axis: 0 })),
  };
}

/** Zeros to append to n tokens, so that the last block is whole: the `pads` of Pad for [n, d], or for [n, n]. */
function padsOf(emitter: OnnxEmitter, { n, blocks, size }: Sizes, of: "rows" | "pairs" = "rows"): string {
  const one = { dtype: "int64", shape: [1] } as const;
  const [whole, tokens] = [emitter.shapeVector([product([blocks, size])]), emitter.shapeVector([n])];
  const behind = emitter.emit("Sub", [whole, tokens], one);
  const zero = emitter.constant([0], one);
  const pads = [zero, zero, behind, of === "pairs" ? behind : zero];
  return emitter.emit("Concat", pads, { dtype: "int64", shape: [4] }, { axis: 0 });
}

/** The dropout's mask of one head as [N, size, K · size]. */
function maskOf(emitter: OnnxEmitter, mask: string, sizes: Sizes): Slice {
  const { maskDType: dtype, maskOfPairs, blocks, size, keys } = sizes;
  const info = { dtype, shape: [size, keys] };
  if (!maskOfPairs) return [mask, info];
  const whole = emitter.emit("Pad", [mask, padsOf(emitter, sizes, "pairs")], { dtype, shape: [product([blocks, size]), keys] });
  return [reshaped(emitter, whole, { dtype, shape: [blocks, size, keys] }), info];
}

/** [n, d] cut into blocks: [N, size, d], or one row a block, [N, size · d]. */
function cut(emitter: OnnxEmitter, x: string, pads: string, { blocks, size, d }: Sizes, shape: "blocks" | "rows"): string {
  const padded = emitter.emit("Pad", [x, pads], float([product([blocks, size]), d]));
  return reshaped(emitter, padded, float(shape === "rows" ? [blocks, size * d] : [blocks, size, d]));
}

/** The listed blocks of keys or values of the blocks of queries of one slice: [..., K · size, d]. */
function listed(emitter: OnnxEmitter, table: string, ids: string, sizes: Sizes): string {
  const { slots, size, d, keys } = sizes;
  const leading = leadingOf(sizes);
  const rows = emitter.emit("Gather", [table, ids], float([...leading, slots, size * d]), { axis: 0 });
  return reshaped(emitter, rows, float([...leading, keys, d]));
}

/**
 * Emit `softmax(q kᵀ · scale + bias) v` over listed blocks: a Scan over heads, in it one over blocks of queries.
 *
 * @returns With `keepsProbabilities` the softmax's values too, [B · H, N or its groups, ..., size, K · size].
 */
export function emitForward(
  emitter: OnnxEmitter,
  inputs: readonly string[],
  { inputs: nodes, shape }: Node,
  attrs: BlockAttentionAttrs,
  keepsProbabilities: boolean,
): { readonly context: string; readonly p?: string } {
  const sizes = sizesOf(nodes, attrs);
  const { heads, size, slots, keys: width, n, d, biasRows } = sizes;
  const few = blocksOf(emitter, sizes, leadingOf(sizes));
  const pads = padsOf(emitter, sizes);
  const { slices, biasOf } = perHead(emitter, inputs, sizes);
  const [context, p] = scan(emitter, heads, slices, ([q, k, v, ids, bias, dropout]) => {
    const [keys, values] = [k, v].map((x) => cut(emitter, x, pads, sizes, "rows"));
    const ofBlock: Slice[] = [
      [cut(emitter, q, pads, sizes, "blocks"), float([size, d])],
      [ids, int32([slots])],
      [biasOf(bias), float([biasRows, width])],
    ];
    if (dropout) ofBlock.push(maskOf(emitter, dropout, sizes));
    const [rows, p] = scanBlocks(emitter, sizes, ofBlock, ([q, ids, bias, dropout]) => {
      const [ownKeys, ownValues] = [keys, values].map((table) => listed(emitter, table, ids, sizes));
      const { rows, p } = attended(few, { q, keys: ownKeys, values: ownValues, bias, dropout });
      const ofRows: Slice = [rows, few.ofQuery];
      return keepsProbabilities ? [ofRows, [p, few.ofPair]] : [ofRows];
    });
    const ofHead: Slice = [joined(emitter, rows, sizes, []), float([n, d])];
    return keepsProbabilities ? [ofHead, [p, probabilitiesOf(sizes, few.ofPair)]] : [ofHead];
  });
  return { context: reshaped(emitter, context, float(shape)), p };
}

/** The kept probabilities of one head. */
const probabilitiesOf = ({ groups, blocks }: Sizes, { shape }: OnnxValueInfo): OnnxValueInfo =>
  float([groups ?? blocks, ...shape]);

/**
 * Emit the gradients for q, k and v, by the same two Scans.
 *
 * @param p - What `emitForward` kept; without, the probabilities are computed again.
 */
export function emitBackward(
  emitter: OnnxEmitter,
  [out, up, ...inputs]: readonly string[],
  { inputs: [, , ...nodes], shape }: Node,
  attrs: BlockAttentionAttrs,
  p: string | undefined,
): string[] {
  const sizes = sizesOf(nodes, attrs);
  const { heads, blocks, size, slots, keys: width, n, d, biasRows } = sizes;
  const few = blocksOf(emitter, sizes, leadingOf(sizes));
  const pads = padsOf(emitter, sizes);
  const { slices, biasOf } = perHead(emitter, inputs, sizes);
  const flat = (x: string): Slice => [reshaped(emitter, x, float([heads, n, d])), float([n, d])];
  const column = reshaped(emitter, emitter.positions(blocks), int32([blocks, 1]));
  const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
  // optional ones first: a dropout mask may follow the slices or not
  const kept: Slice[] = p === undefined ? [] : [[p, probabilitiesOf(sizes, few.ofPair)]];
  const found = scan(emitter, heads, [...kept, flat(out), flat(up), ...slices], (ofHead) => {
    const [out, up, q, k, v, ids, bias, dropout] = ofHead.slice(kept.length);
    const [keys, values] = [k, v].map((x) => cut(emitter, x, pads, sizes, "rows"));
    const weighted = emitter.emit("Mul", [up, out], float([n, d]));
    const mean = emitter.emit("ReduceSum", [weighted, last], float([n, 1]), { keepdims: 1 });
    const ofBlock: Slice[] = [
      [cut(emitter, q, pads, sizes, "blocks"), float([size, d])],
      [cut(emitter, up, pads, sizes, "blocks"), float([size, d])],
      [cut(emitter, mean, pads, { ...sizes, d: 1 }, "blocks"), float([size, 1])],
      [ids, int32([slots])],
      [biasOf(bias), float([biasRows, width])],
    ];
    if (dropout) ofBlock.push(maskOf(emitter, dropout, sizes));
    const keptOfHead: Slice[] = kept.map((_, at) => [ofHead[at], float([size, width])]);
    const [dq, dkOfBlocks, dvOfBlocks] = scanBlocks(emitter, sizes, [...keptOfHead, ...ofBlock], (slices) => {
      const [q, up, mean, ids, bias, dropout] = slices.slice(kept.length);
      const p = kept.length > 0 ? slices[0] : undefined;
      const [ownKeys, ownValues] = [keys, values].map((table) => listed(emitter, table, ids, sizes));
      const { q: dq, k, v } = gradientsOf(few, { q, keys: ownKeys, values: ownValues, up, mean, bias, dropout, p });
      return [
        [dq, few.ofQuery],
        [k, few.ofKeys],
        [v, few.ofKeys],
      ];
    });
    const [dk, dv] = summedByKeys(emitter, [dkOfBlocks, dvOfBlocks], { ids, column }, sizes, []);
    return [dq, dk, dv].map((x) => [joined(emitter, x, sizes, []), float([n, d])] as const);
  });
  return found.map((x) => reshaped(emitter, x, float(shape)));
}
