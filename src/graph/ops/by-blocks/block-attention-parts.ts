// What the two ONNX forms of attention over listed blocks share: sizes, and the arithmetic of a block of queries.
import type { Node, OnnxEmitter, OnnxValueInfo } from "../../node.ts";
import { type Dim, type DType, onnxDType, product, type Shape } from "../../shape.ts";
import { emitDropoutWeights } from "../dropout.ts";
import { emitMatmul } from "../products.ts";

export interface BlockAttentionAttrs {
  /** Tokens a block. */
  readonly size: number;
  /** Factor of q · k. */
  readonly scale: number;
  /** Blocks of queries that are computed at once, and how often: N = groups · together. Left out, one at a time. */
  readonly together?: Dim;
  readonly groups?: Dim;
  /** Compute the probabilities again in the backward pass instead of keeping them: 1 product of 7 more, B · H · n · K · size floats less. */
  readonly recompute?: boolean;
  /** Of the dropout, where there is a mask. */
  readonly probability?: number;
}

export const float = (shape: Shape): OnnxValueInfo => ({ dtype: "float", shape });
export const int32 = (shape: Shape): OnnxValueInfo => ({ dtype: "int32", shape });

/** What both passes of one layer read, by the names of its dimensions. */
export interface Sizes extends BlockAttentionAttrs {
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
  /** Of the dropout's mask. */
  readonly maskDType: DType;
  /** Whether that is one of all pairs, [B, H, n, n]; otherwise of what is listed. */
  readonly maskOfPairs: boolean;
}

export function sizesOf([q, , , ids, bias, mask]: readonly Node[], attrs: BlockAttentionAttrs): Sizes {
  const [batch, perText, n, d] = q.shape as [Dim, number, Dim, number];
  const [, , blocks, slots] = ids.shape;
  const [biasHeads, biasRows] = [bias.shape[1] as number, bias.shape[3]];
  const [heads, keys] = [product([batch, perText]), product([slots, attrs.size])];
  const [maskDType, maskOfPairs] = [mask?.dtype ?? "float", mask?.shape.length === 4];
  return { ...attrs, batch, perText, heads, n, d, blocks, slots, keys, biasHeads, biasRows, maskDType, maskOfPairs };
}

export const reshaped = (emitter: OnnxEmitter, x: string, { dtype, shape }: OnnxValueInfo): string =>
  emitter.emit("Reshape", [x, emitter.shapeVector(shape)], { dtype, shape });

/** Rows of all blocks as [..., n, d], without what the last block was filled up with. */
export function joined(emitter: OnnxEmitter, x: string, { blocks, size, n, d }: Sizes, leading: Shape): string {
  const rows = reshaped(emitter, x, float([...leading, product([blocks, size]), d]));
  const at = (value: number): string => emitter.constant([value], { dtype: "int64", shape: [1] });
  return emitter.emit("Slice", [rows, at(0), emitter.shapeVector([n]), at(leading.length)], float([...leading, n, d]));
}

/** Blocks of queries that are computed together, and what each of them holds. */
export interface Blocks {
  readonly emitter: OnnxEmitter;
  readonly scale: number;
  readonly maskDType: DType;
  readonly probability: number;
  /** [..., size, d] */
  readonly ofQuery: OnnxValueInfo;
  /** [..., K · size, d] */
  readonly ofKeys: OnnxValueInfo;
  /** [..., size, K · size] */
  readonly ofPair: OnnxValueInfo;
}

/** @param leading - Axes before those of one block: none, or [B, H, N]. */
export function blocksOf(
  emitter: OnnxEmitter,
  { size, d, keys, scale, maskDType, probability = 0 }: Sizes,
  leading: Shape,
): Blocks {
  const [ofQuery, ofKeys, ofPair] = [float([...leading, size, d]), float([...leading, keys, d]), float([...leading, size, keys])];
  return { emitter, scale, maskDType, probability, ofQuery, ofKeys, ofPair };
}

/** What both passes read of the blocks; keys and values are those that are listed. */
interface Read {
  readonly q: string;
  readonly keys: string;
  readonly values: string;
  readonly bias: string;
  readonly dropout: string | undefined;
}

/** `softmax(q kᵀ · scale + bias)`, before dropout: [..., size, K · size]. */
function probabilities({ emitter, scale: alpha, ofQuery, ofKeys, ofPair }: Blocks, { q, keys, bias }: Read): string {
  const scores = emitMatmul(emitter, [q, keys], [ofQuery, ofKeys], ofPair, { transB: true, alpha });
  return emitter.emit("Softmax", [emitter.emit("Add", [scores, bias], ofPair)], ofPair, { axis: -1 });
}

/** `x ∘ M` for whatever x, or x where there is no dropout. M is made once `behind` is there. */
function withDropout({ emitter, maskDType: dtype, probability, ofPair }: Blocks, behind: string, mask: string | undefined) {
  const weights = mask && emitDropoutWeights(emitter, [behind, mask], ofPair, { dtype, probability });
  return (x: string): string => (weights ? emitter.emit("Mul", [x, weights], ofPair) : x);
}

/** `(P ∘ M) v`: [..., size, d], and P. */
export function attended(blocks: Blocks, read: Read): { readonly rows: string; readonly p: string } {
  const { emitter, ofQuery, ofKeys, ofPair } = blocks;
  const p = probabilities(blocks, read);
  const weights = withDropout(blocks, p, read.dropout)(p);
  return { rows: emitMatmul(emitter, [weights, read.values], [ofPair, ofKeys], ofQuery), p };
}

/**
 * The gradients for q, and for each listed key and value:
 *
 *     dP = (dO vᵀ) ∘ M;   dS = P ∘ (dP − Σ dO ∘ O);   dq = scale · dS k;   dk = scale · dSᵀ q;   dv = (P ∘ M)ᵀ dO
 *
 * @param read - With `up` dO, [..., size, d], `mean` Σ dO ∘ O, [..., size, 1], and `p`, which is computed again where it was not kept.
 * @see Dao et al., arXiv 2205.14135 (FlashAttention), whose backward pass this is, block by block.
 */
export function gradientsOf(
  blocks: Blocks,
  read: Read & { readonly up: string; readonly mean: string; readonly p?: string },
): Record<"q" | "k" | "v", string> {
  const { emitter, scale: alpha, ofQuery, ofKeys, ofPair } = blocks;
  const { q, keys, values, up, mean, dropout, p = probabilities(blocks, read) } = read;
  const toPair = emitMatmul(emitter, [up, values], [ofQuery, ofKeys], ofPair, { transB: true });
  const masked = withDropout(blocks, toPair, dropout);
  const ds = emitter.emit("Mul", [p, emitter.emit("Sub", [masked(toPair), mean], ofPair)], ofPair);
  return {
    q: emitMatmul(emitter, [ds, keys], [ofPair, ofKeys], ofQuery, { alpha }),
    k: emitMatmul(emitter, [ds, q], [ofPair, ofQuery], ofKeys, { transA: true, alpha }),
    v: emitMatmul(emitter, [masked(p), up], [ofPair, ofQuery], ofKeys, { transA: true }),
  };
}

/**
 * For each block of keys, the sum of what the blocks of queries that list it say of it: [..., N, K · size, d] → [..., N, size · d].
 *
 * By a product with the matrix that has a 1 where they list it: in one order whatever the threads, where a scatter would lose updates.
 *
 * @param ids - int32 [..., N, K]
 * @param column - The places 0 to N − 1: int32 [N, 1].
 */
export function summedByKeys(
  emitter: OnnxEmitter,
  values: readonly string[],
  { ids, column }: { readonly ids: string; readonly column: string },
  { blocks, slots, size, d }: Sizes,
  leading: Shape,
): string[] {
  const pairs = product([blocks, slots]);
  const square = [...leading, blocks, pairs];
  const row = reshaped(emitter, ids, int32([...leading, 1, pairs]));
  const isListed = emitter.emit("Equal", [column, row], { dtype: "bool", shape: square });
  const lists = emitter.emit("Cast", [isListed], float(square), { to: onnxDType.float });
  return values.map((x) => {
    const rows = reshaped(emitter, x, float([...leading, pairs, size * d]));
    return emitter.emit("MatMul", [lists, rows], float([...leading, blocks, size * d]));
  });
}
