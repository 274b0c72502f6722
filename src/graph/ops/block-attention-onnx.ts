import type { Node, OnnxEmitter, OnnxValueInfo } from "../node.ts";
import { type Dim, onnxDType, product, type Shape } from "../shape.ts";

const float = (shape: Shape): OnnxValueInfo => ({ dtype: "float", shape });
const int32 = (shape: Shape): OnnxValueInfo => ({ dtype: "int32", shape });

/** Tokens a block, and the factor of q · k. */
export interface BlockAttentionAttrs {
  readonly size: number;
  readonly scale: number;
}

/** What both passes of one layer read, by the names of its dimensions. */
interface Sizes extends BlockAttentionAttrs {
  /** B · H */
  readonly heads: Dim;
  readonly perText: number;
  readonly n: Dim;
  readonly d: number;
  /** N, blocks of queries. */
  readonly blocks: Dim;
  /** K, blocks of keys that each of them reads. */
  readonly slots: Dim;
  /** K · size */
  readonly keys: Dim;
  readonly biasHeads: number;
  readonly biasRows: Dim;
  readonly batch: Dim;
}

function sizesOf([q, , , ids, bias]: readonly Node[], attrs: BlockAttentionAttrs): Sizes {
  const [batch, perText, n, d] = q.shape as [Dim, number, Dim, number];
  const [, , blocks, slots] = ids.shape;
  const [biasHeads, biasRows] = [bias.shape[1] as number, bias.shape[3]];
  const [heads, keys] = [product([batch, perText]), product([slots, attrs.size])];
  return { ...attrs, batch, perText, heads, n, d, blocks, slots, keys, biasHeads, biasRows };
}

/** alpha · a · b of matrices, either taken transposed. */
function multiplied(
  emitter: OnnxEmitter,
  a: string,
  b: string,
  out: OnnxValueInfo,
  { transA = false, transB = false, alpha = 1 }: { transA?: boolean; transB?: boolean; alpha?: number } = {},
): string {
  return emitter.emit("Gemm", [a, b], out, { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } });
}

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

const reshaped = (emitter: OnnxEmitter, x: string, { dtype, shape }: OnnxValueInfo): string =>
  emitter.emit("Reshape", [x, emitter.shapeVector(shape)], { dtype, shape });

/** Inputs of the Scan over heads: [B·H, …] each. */
function perHead(
  emitter: OnnxEmitter,
  [q, k, v, ids, bias, dropout]: readonly string[],
  sizes: Sizes,
): { readonly slices: Slice[]; readonly biasOf: (name: string) => string } {
  const { heads, n, d, blocks, slots, keys, size, biasHeads, biasRows, batch, perText } = sizes;
  const flat = (x: string, dtype: "float" | "int32", shape: Shape): Slice => [
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
  if (dropout) slices.push(flat(dropout, "float", [blocks, size, keys]));
  return {
    slices,
    biasOf: (name) => (biasHeads > 1 ? name : emitter.emit("Gather", [table, name], ofBias, { axis: 0 })),
  };
}

/** Zeros to append to n tokens, so that the last block is whole: the `pads` of Pad for [n, d]. */
function padsOf(emitter: OnnxEmitter, { n, blocks, size }: Sizes): string {
  const one = { dtype: "int64", shape: [1] } as const;
  const [whole, tokens] = [emitter.shapeVector([product([blocks, size])]), emitter.shapeVector([n])];
  const behind = emitter.emit("Sub", [whole, tokens], one);
  const zero = emitter.constant([0], one);
  return emitter.emit("Concat", [zero, zero, behind, zero], { dtype: "int64", shape: [4] }, { axis: 0 });
}

/** [n, d] cut into blocks: [N, size, d], or one row a block, [N, size · d]. */
function cut(emitter: OnnxEmitter, x: string, pads: string, { blocks, size, d }: Sizes, shape: "blocks" | "rows"): string {
  const padded = emitter.emit("Pad", [x, pads], float([product([blocks, size]), d]));
  return reshaped(emitter, padded, float(shape === "rows" ? [blocks, size * d] : [blocks, size, d]));
}

/** The reverse of `cut`. */
function joined(emitter: OnnxEmitter, x: string, { blocks, size, n, d }: Sizes): string {
  const rows = reshaped(emitter, x, float([product([blocks, size]), d]));
  const at = (value: number): string => emitter.constant([value], { dtype: "int64", shape: [1] });
  return emitter.emit("Slice", [rows, at(0), emitter.shapeVector([n]), at(0)], float([n, d]));
}

/** The listed blocks of keys or values of one block of queries: [K · size, d]. */
const listed = (emitter: OnnxEmitter, table: string, ids: string, { slots, size, d, keys }: Sizes): string =>
  reshaped(emitter, emitter.emit("Gather", [table, ids], float([slots, size * d]), { axis: 0 }), float([keys, d]));

/** Attention probabilities of one block of queries, [size, K · size], before dropout. */
function probabilities(emitter: OnnxEmitter, q: string, keys: string, bias: string, sizes: Sizes): string {
  const { size, keys: width, scale: alpha } = sizes;
  const out = float([size, width]);
  const scores = multiplied(emitter, q, keys, out, { transB: true, alpha });
  return emitter.emit("Softmax", [emitter.emit("Add", [scores, bias], out)], out, { axis: -1 });
}

/** Emit `softmax(q kᵀ · scale + bias) v` over listed blocks: a Scan over heads, in it one over blocks of queries. */
export function emitForward(
  emitter: OnnxEmitter,
  inputs: readonly string[],
  { inputs: nodes, shape }: Node,
  attrs: BlockAttentionAttrs,
): string {
  const sizes = sizesOf(nodes, attrs);
  const { heads, blocks, size, slots, keys: width, n, d, biasRows } = sizes;
  const pads = padsOf(emitter, sizes);
  const { slices, biasOf } = perHead(emitter, inputs, sizes);
  const [context] = scan(emitter, heads, slices, ([q, k, v, ids, bias, dropout]) => {
    const [keys, values] = [k, v].map((x) => cut(emitter, x, pads, sizes, "rows"));
    const ofBlock: Slice[] = [
      [cut(emitter, q, pads, sizes, "blocks"), float([size, d])],
      [ids, int32([slots])],
      [biasOf(bias), float([biasRows, width])],
    ];
    if (dropout) ofBlock.push([dropout, float([size, width])]);
    const [rows] = scan(emitter, blocks, ofBlock, ([q, ids, bias, dropout]) => {
      const p = probabilities(emitter, q, listed(emitter, keys, ids, sizes), bias, sizes);
      const weights = dropout ? emitter.emit("Mul", [p, dropout], float([size, width])) : p;
      const sum = multiplied(emitter, weights, listed(emitter, values, ids, sizes), float([size, d]));
      return [[sum, float([size, d])]];
    });
    return [[joined(emitter, rows, sizes), float([n, d])]];
  });
  return reshaped(emitter, context, float(shape));
}

/**
 * Emit the gradients for q, k and v. Probabilities are computed again, so that the forward pass keeps none:
 *
 *     dP = (dO vᵀ) ∘ M;   dS = P ∘ (dP − Σ dO ∘ O);   dq = scale · dS k;   dk = scale · dSᵀ q;   dv = (P ∘ M)ᵀ dO
 *
 * What the blocks of queries say of a block of keys is summed by a product with the matrix that has a 1 where they list it: in one
 * order whatever the threads, where a scatter would lose updates.
 *
 * @see Dao et al., arXiv 2205.14135 (FlashAttention), whose backward pass this is, block by block.
 */
export function emitBackward(
  emitter: OnnxEmitter,
  [out, up, ...inputs]: readonly string[],
  { inputs: [, , ...nodes], shape }: Node,
  attrs: BlockAttentionAttrs,
): string[] {
  const sizes = sizesOf(nodes, attrs);
  const { heads, blocks, size, slots, keys: width, n, d, biasRows, scale: alpha } = sizes;
  const pads = padsOf(emitter, sizes);
  const { slices, biasOf } = perHead(emitter, inputs, sizes);
  const [ofQuery, ofKeys, ofPair] = [float([size, d]), float([width, d]), float([size, width])];
  const flat = (x: string): Slice => [reshaped(emitter, x, float([heads, n, d])), float([n, d])];
  const column = reshaped(emitter, emitter.positions(blocks), int32([blocks, 1]));
  const last = emitter.constant([-1], { dtype: "int64", shape: [1] });
  const found = scan(emitter, heads, [flat(out), flat(up), ...slices], ([out, up, q, k, v, ids, bias, dropout]) => {
    const [keys, values] = [k, v].map((x) => cut(emitter, x, pads, sizes, "rows"));
    const weighted = emitter.emit("Mul", [up, out], float([n, d]));
    const mean = emitter.emit("ReduceSum", [weighted, last], float([n, 1]), { keepdims: 1 });
    const ofBlock: Slice[] = [
      [cut(emitter, q, pads, sizes, "blocks"), ofQuery],
      [cut(emitter, up, pads, sizes, "blocks"), ofQuery],
      [cut(emitter, mean, pads, { ...sizes, d: 1 }, "blocks"), float([size, 1])],
      [ids, int32([slots])],
      [biasOf(bias), float([biasRows, width])],
    ];
    if (dropout) ofBlock.push([dropout, ofPair]);
    const [dq, dkOfBlocks, dvOfBlocks] = scan(emitter, blocks, ofBlock, ([q, up, mean, ids, bias, dropout]) => {
      const ownKeys = listed(emitter, keys, ids, sizes);
      const p = probabilities(emitter, q, ownKeys, bias, sizes);
      const masked = (x: string): string => (dropout ? emitter.emit("Mul", [x, dropout], ofPair) : x);
      const dv = multiplied(emitter, masked(p), up, ofKeys, { transA: true });
      const toPair = multiplied(emitter, up, listed(emitter, values, ids, sizes), ofPair, { transB: true });
      const centred = emitter.emit("Sub", [masked(toPair), mean], ofPair);
      const ds = emitter.emit("Mul", [p, centred], ofPair);
      return [
        [multiplied(emitter, ds, ownKeys, ofQuery, { alpha }), ofQuery],
        [multiplied(emitter, ds, q, ofKeys, { transA: true, alpha }), ofKeys],
        [dv, ofKeys],
      ];
    });
    const pairs = product([blocks, slots]);
    const isListed = emitter.emit("Equal", [column, reshaped(emitter, ids, int32([1, pairs]))], {
      dtype: "bool",
      shape: [blocks, pairs],
    });
    const lists = emitter.emit("Cast", [isListed], float([blocks, pairs]), { to: onnxDType.float });
    const summed = (x: string): string => {
      const rows = reshaped(emitter, x, float([pairs, size * d]));
      return emitter.emit("MatMul", [lists, rows], float([blocks, size * d]));
    };
    const whole = [dq, summed(dkOfBlocks), summed(dvOfBlocks)];
    return whole.map((x) => [joined(emitter, x, sizes), float([n, d])] as const);
  });
  return found.map((x) => reshaped(emitter, x, float(shape)));
}
