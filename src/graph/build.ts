import { makeNode, type Node } from "./node.ts";
import type { Dim, DType, Shape } from "./shape.ts";

/** A trainable float tensor, fed by name. */
export const parameter = (name: string, shape: Shape): Node => makeNode("parameter", [], { name, shape });

/** A tensor fed by name at every run. */
export const input = (name: string, shape: Shape, dtype: DType = "float"): Node => makeNode("input", [], { name, shape, dtype });

/** A scalar constant; or `values` laid out row-major in a concrete `shape` (one value fills it). */
export const constant = (values: number | readonly number[], shape: readonly number[] = [], dtype: DType = "float"): Node =>
  makeNode("constant", [], { values: typeof values === "number" ? [values] : values, shape, dtype });

export const add = (a: Node, b: Node): Node => makeNode("add", [a, b]);
export const sub = (a: Node, b: Node): Node => makeNode("sub", [a, b]);
export const mul = (a: Node, b: Node): Node => makeNode("mul", [a, b]);
export const div = (a: Node, b: Node): Node => makeNode("div", [a, b]);
export const neg = (x: Node): Node => makeNode("neg", [x]);
export const abs = (x: Node): Node => makeNode("abs", [x]);
export const exp = (x: Node): Node => makeNode("exp", [x]);
export const log = (x: Node): Node => makeNode("log", [x]);
export const sqrt = (x: Node): Node => makeNode("sqrt", [x]);
export const tanh = (x: Node): Node => makeNode("tanh", [x]);
export const sigmoid = (x: Node): Node => makeNode("sigmoid", [x]);
export const erf = (x: Node): Node => makeNode("erf", [x]);
export const relu = (x: Node): Node => makeNode("relu", [x]);
/** x · Φ(x), Φ the normal distribution function: the exact GELU. */
export const gelu = (x: Node): Node => makeNode("gelu", [x]);
/** x, as a constant to whoever differentiates. */
export const stopGradient = (x: Node): Node => makeNode("stopGradient", [x]);
/** Each row (last axis) of x in `steps` to either side of 0, the last of which is its largest value. It passes no gradient on. */
export const rowSteps = (x: Node, steps: number): Node => makeNode("rowSteps", [x], { steps });
/**
 * The values of `rounded` with the gradient of x, as if nothing had been rounded.
 *
 * @see Bengio et al., arXiv 1308.3432, the straight-through estimator.
 */
export const straightThrough = (x: Node, rounded: Node): Node => add(x, stopGradient(sub(rounded, x)));
/** x · by, for a number `by`. */
export const scale = (x: Node, by: number): Node => (by === 1 ? x : makeNode("scale", [x], { by }));
export const greater = (a: Node, b: Node): Node => makeNode("greater", [a, b]);
export const lessOrEqual = (a: Node, b: Node): Node => makeNode("lessOrEqual", [a, b]);
export const equal = (a: Node, b: Node): Node => makeNode("equal", [a, b]);
export const and = (a: Node, b: Node): Node => makeNode("and", [a, b]);
export const or = (a: Node, b: Node): Node => makeNode("or", [a, b]);
export const not = (x: Node): Node => makeNode("not", [x]);
export const cast = (x: Node, to: DType): Node => (x.dtype === to ? x : makeNode("cast", [x], { to }));
/** `condition ? a : b`, element by element. */
export const where = (condition: Node, a: Node, b: Node): Node => makeNode("where", [condition, a, b]);

/** The same elements in another shape of as many; `[B*n, D]` ↔ `[B, n, H, d]`. */
export const reshape = (x: Node, shape: Shape): Node => makeNode("reshape", [x], { shape });
/** Axis i of the result is axis `perm[i]` of x. */
export const transpose = (x: Node, perm: readonly number[]): Node => makeNode("transpose", [x], { perm });
/** Sum every axis that `shape` has as 1 or lacks at the front: the reverse of broadcasting. */
export const sumTo = (x: Node, shape: Shape): Node => makeNode("sumTo", [x], { shape });
/** NumPy broadcasting to a larger shape. */
export const broadcastTo = (x: Node, shape: Shape): Node => makeNode("broadcastTo", [x], { shape });
/** Zeros of a node's shape and dtype. */
export const zerosLike = (x: Node): Node => broadcastTo(constant(0, [], x.dtype), x.shape);
/** Σ over all elements, shape []. */
export const sumAll = (x: Node): Node => sumTo(x, []);

/** Options of {@link matmul}. */
export interface MatmulOptions {
  /** Use a with its last two axes swapped. */
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Factor of the product; default 1. */
  readonly alpha?: number;
}
/** alpha · a · b over the last two axes; leading axes must be equal. */
export const matmul = (a: Node, b: Node, { transA = false, transB = false, alpha = 1 }: MatmulOptions = {}): Node =>
  makeNode("matmul", [a, b], { transA, transB, alpha });
/** x · wᵀ + b: x [T, in], w [out, in] as PyTorch stores it, b [out] → [T, out]. */
export const linear = (x: Node, w: Node, b: Node): Node => makeNode("linear", [x, w, b]);

/** Rows of a table: table [V, …], ids int32 [any] → [any, …]. Its gradient is a `scatterRows`. */
export const gather = (table: Node, ids: Node): Node => makeNode("gather", [table, ids]);
/** A zero table to which rows[i] is added at ids[i], in order; computed outside the graph. */
export const scatterRows = (rows: Node, ids: Node, shape: Shape): Node => makeNode("scatterRows", [rows, ids], { shape });
/**
 * Some rows of x, each at most once: x [T, D], rows int32 [M] → [M, D].
 *
 * @param places - int32 [T], the inverse of `rows`: where each row of x goes, M for nowhere. Its use in the gradient makes that a
 *   gather too: a scatter would be wrong on several threads.
 */
export const pickRows = (x: Node, rows: Node, places: Node): Node => makeNode("pickRows", [x, rows, places]);
/** Zeros but for the picked rows: x [M, D] → [T, D]; the reverse of {@link pickRows}. */
export const spreadRows = (x: Node, rows: Node, places: Node): Node => makeNode("spreadRows", [x, rows, places]);
/** Nodes of one shape along a new first axis: k times [...] → [k, ...]. */
export const stack = (nodes: readonly Node[]): Node => makeNode("stack", nodes);
/** One place of an axis, which disappears: [B, n, D] at axis 1 → [B, D]. */
export const select = (x: Node, axis: number, index: number): Node => makeNode("select", [x], { axis, index });
/** Zeros of `shape`, but for one place of one axis, which is x: the reverse of {@link select}. */
export const place = (x: Node, shape: Shape, axis: number, index: number): Node => makeNode("place", [x], { shape, axis, index });
/**
 * From places relative to each row to places: x [..., n, 2n + 1] → [..., n, n], `y[…, i, j] = x[…, i, n + j − i]`.
 *
 * A row whose columns stand for the distances −n … n to the right of it becomes a row by column, in one strided copy.
 *
 * @see Shaw et al., arXiv 1803.02155; the shift: Huang et al., arXiv 1809.04281 (Music Transformer).
 */
export const relativeShift = (x: Node): Node => makeNode("relativeShift", [x]);
/** x [..., n, n] → [..., n, 2n + 1], `y[…, i, n + j − i] = x[…, i, j]` and zeros elsewhere: the reverse of {@link relativeShift}. */
export const relativeSpread = (x: Node): Node => makeNode("relativeSpread", [x]);

/** γ · (x − mean) / √(var + eps) + β over the last axis. */
export const layerNorm = (x: Node, gamma: Node, beta: Node, eps: number): Node =>
  makeNode("layerNorm", [x, gamma, beta], { eps });
/** `mean` or `invStd` of the rows that a {@link layerNorm} normalised, [..., 1]. */
export const layerNormMoment = (norm: Node, which: "mean" | "invStd"): Node =>
  makeNode("layerNormMoment", [norm, norm.inputs[0]], { which });
/**
 * Softmax over the last axis of the scores that `keep` (bool, broadcastable) allows; exactly 0 elsewhere.
 *
 * A row that keeps nothing is all zeros; `rowsKeepOne` promises that there is none, and saves a pass.
 */
export const maskedSoftmax = (scores: Node, keep: Node, { rowsKeepOne = false } = {}): Node =>
  makeNode("maskedSoftmax", [scores, keep], { rowsKeepOne });
/** x − log Σ exp x over the last axis. */
export const logSoftmax = (x: Node): Node => makeNode("logSoftmax", [x]);

/** Each row (last axis) with its largest value first. It passes no gradient on: it is for thresholds. */
export const sortRows = (x: Node): Node => makeNode("sortRows", [x]);
/** Of each row (last axis) the sums of its first 1, 2, … values; with `reverse`, default false, of its last … 2, 1. */
export const cumulativeSum = (x: Node, { reverse = false } = {}): Node => makeNode("cumulativeSum", [x], { reverse });

/**
 * The k best places of each row, the best first, ties to the earlier one: int32 [..., k]. Where fewer than k are allowed, those that
 * are not follow.
 *
 * @param scores - float [..., n].
 * @param allowed - Bool, broadcastable to the scores.
 * @param k - At most n.
 */
export const topKPlaces = (scores: Node, allowed: Node, k: Dim): Node => makeNode("topKPlaces", [scores, allowed], { k: [k] });
/**
 * Bool mask of the k largest allowed scores of each row (last axis); ties go to the earlier place.
 *
 * @param scores - float [..., n].
 * @param allowed - bool, broadcastable to scores.
 * @param k - int32, broadcastable to [..., 1]; at least 1 and at most the row's allowed places wherever the row has any.
 * @param largestK - int64 [1]: an upper bound of k, at most n; how much is sorted.
 */
export const topKMask = (scores: Node, allowed: Node, k: Node, largestK: Node): Node =>
  makeNode("topKMask", [scores, allowed, k, largestK]);

/** What dropout reads: bytes, 1 where kept and 0 where dropped, or weights as `dropoutMask` draws them; and its probability of dropping. */
export interface DropoutMask {
  readonly mask: Node;
  readonly probability: number;
}

/**
 * x / (1 - p) where the mask keeps it, 0 elsewhere.
 *
 * @param x - float, any shape.
 * @param mask - Of x's shape: uint8, 1 where kept; or float, already `1 / (1 - p)` there.
 * @param probability - Of dropping, p in [0, 1).
 */
export const dropout = (x: Node, mask: Node, probability: number): Node => makeNode("dropout", [x, mask], { probability });

/**
 * A dropout mask, `1 / (1 - p)` where kept and 0 where dropped: bit for bit that of `src/random`.
 *
 * @param key - int32 [2], the words of `foldKey`.
 * @param probability - Of dropping, in [0, 1).
 */
export const dropoutMask = (key: Node, shape: Shape, probability: number): Node =>
  makeNode("dropoutMask", [key], { shape, probability });

/**
 * Attention that computes listed blocks of keys only: `softmax(q kᵀ · scale + bias) v`, ∘ dropout before v; [B, H, n, d].
 *
 * Tokens are cut into N blocks of `size`, the last one padded with zeros. The block of queries i attends to the keys of the blocks
 * `ids[…, i, :]`, each listed once, or again where `bias` removes it.
 *
 * @param q - [B, H, n, d]; k and v too.
 * @param ids - int32 [B, H, N, K].
 * @param bias - [B, 1 or H, N, 1 or size, K · size]: added to the scores, a very low number where a key must not be read. It gets no
 *   gradient. Keys behind the last token must be removed by it.
 * @param options.dropout - Its mask [B, H, N, size, K · size]; or, where every block lists all blocks in order, [B, H, n, n].
 * @param attrs.together - Blocks of queries that the CPU computes at once, `groups` times: several threads need more than one.
 */
export const blockAttention = (
  {
    q,
    k,
    v,
    ids,
    bias,
    dropout,
  }: Readonly<Record<"q" | "k" | "v" | "ids" | "bias", Node>> & { readonly dropout?: DropoutMask | null },
  attrs: {
    readonly size: number;
    readonly scale: number;
    readonly together?: Dim;
    readonly groups?: Dim;
    readonly recompute?: boolean;
  },
): Node =>
  makeNode("blockAttention", [q, k, v, ids, bias, ...(dropout ? [dropout.mask] : [])], {
    ...attrs,
    ...(dropout && { probability: dropout.probability }),
  });
/**
 * What listed blocks hold of their pairs, such as a mask that {@link blockAttention} reads, as a matrix of all pairs: [B, H, n, n].
 *
 * A pair of no listed block gets what stands for some other pair. It passes no gradient on: it is for masks.
 *
 * @param slots - uint8 or float [B, H, N, size, K · size]; on WebGPU float.
 * @param ids - int32 [B, H, N, K], each block listed once.
 * @param n - Tokens, at most N · size.
 */
export const pairsOfSlots = (slots: Node, ids: Node, n: Dim): Node => makeNode("pairsOfSlots", [slots, ids], { n: [n] });
