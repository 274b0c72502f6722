import { expectedGot } from "../errors/index.ts";
import { permutation } from "../random/index.ts";
import type { Batch, Encoded } from "./types.ts";

export interface BatchOrderOptions {
  /** Tokens of each example; `encoded.map((e) => e.inputIds.length)`. */
  readonly lengths: ArrayLike<number>;
  /** Examples a batch. */
  readonly batchSize: number;
  readonly seed: number;
  /** From 0. */
  readonly epoch: number;
  /** Put examples of like length together, so that little padding is needed. Default true. */
  readonly lengthGrouped?: boolean;
  /** Label of each example: those of one label stand together by fours, and none by length. */
  readonly labels?: ArrayLike<number>;
  /** Leave out the examples of a last, smaller batch; others each epoch. Default false. */
  readonly dropLast?: boolean;
}

/** Batches sorted together: enough for batches of one length, few enough that an epoch stays well mixed. */
const BATCHES_A_POOL = 50;
/** Examples of one label that stand together. */
const TOGETHER = 4;

function checkBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize > 0) return;
  throw expectedGot("data/bad-batch-size", "batchSize", "a whole number of examples, at least 1", batchSize);
}

function cut(order: Uint32Array, batchSize: number): Uint32Array[] {
  return Array.from({ length: Math.ceil(order.length / batchSize) }, (_, at) =>
    order.subarray(at * batchSize, (at + 1) * batchSize),
  );
}

/**
 * Which examples form each training batch of an epoch, without building the batches.
 *
 * Examples are shuffled, cut into pools of 50 batches, each pool sorted by length and cut into batches, and the batches
 * shuffled. The order is a function of lengths, batch size, seed and epoch alone: to resume at step s of an epoch, ask
 * again and start at batch s. Every example occurs once; the last, smaller batch may stand anywhere.
 *
 * @param options - See `BatchOrderOptions`.
 * @returns Positions in `lengths`, one array a batch: `ceil(N / batchSize)` batches, or `floor` with `dropLast`.
 * @throws `data/bad-batch-size`.
 * @example
 * for (const positions of batchOrder({ lengths, batchSize: 32, seed: 1, epoch: 0 })) …
 * @see LengthGroupedSampler in transformers, which does not shuffle the batches it forms.
 */
export function batchOrder(options: BatchOrderOptions): Uint32Array[] {
  const { lengths, batchSize, seed, epoch, lengthGrouped = true, dropLast = false } = options;
  checkBatchSize(batchSize);
  const all = permutation({ seed, step: epoch, site: "data-order" }, lengths.length);
  if (options.labels) return cut(byLabel(all, options.labels, { seed, epoch }), batchSize);
  const order = dropLast ? all.subarray(0, lengths.length - (lengths.length % batchSize)) : all;
  if (!lengthGrouped) return cut(order, batchSize);
  const pools = cut(order, BATCHES_A_POOL * batchSize);
  const batches = pools.flatMap((pool) =>
    // A stable sort, so that examples of one length keep their shuffled order on every engine.
    cut(Uint32Array.from([...pool].sort((a, b) => lengths[a] - lengths[b])), batchSize),
  );
  return Array.from(permutation({ seed, step: epoch, site: "batch-order" }, batches.length), (at) => batches[at]);
}

/** Shuffled examples in groups of one label, the groups shuffled. */
function byLabel(
  order: Uint32Array,
  labels: ArrayLike<number>,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
) {
  const byLabel = new Map<number, number[]>();
  for (const at of order) byLabel.set(labels[at], [...(byLabel.get(labels[at]) ?? []), at]);
  const groups = [...byLabel.values()].flatMap((own) => cut(Uint32Array.from(own), TOGETHER));
  const mixed = permutation({ seed, step: epoch, site: "group-order" }, groups.length);
  return Uint32Array.from([...mixed].flatMap((at) => [...groups[at]]));
}

/** Padded tokens of a batch beyond which a larger one takes longer an example: what its layers compute leaves the cache. */
const EVALUATED_TOKENS = 4096;

/**
 * Which examples form each evaluation batch: all of them once, sorted by length, the same every time.
 *
 * @param options.batchSize - Most examples of a batch; of long ones fewer, up to 4,096 padded tokens.
 * @returns Positions in `lengths`, one array a batch.
 * @throws `data/bad-batch-size`.
 * @example
 * evaluationOrder({ lengths: [9, 3, 7], batchSize: 2 }); // [[1, 2], [0]]
 */
export function evaluationOrder({ lengths, batchSize }: Pick<BatchOrderOptions, "lengths" | "batchSize">): Uint32Array[] {
  checkBatchSize(batchSize);
  const order = Uint32Array.from(lengths, (_, at) => at).sort((a, b) => lengths[a] - lengths[b] || a - b);
  const batches: Uint32Array[] = [];
  for (let start = 0, end = 1; start < order.length; end++) {
    const fits = end < order.length && end - start < batchSize && (end - start + 1) * lengths[order[end]] <= EVALUATED_TOKENS;
    if (fits) continue;
    batches.push(order.subarray(start, end));
    start = end;
  }
  return batches;
}

/**
 * Pad examples to the longest of them.
 *
 * An example of several windows has a row for each, one behind the other.
 *
 * @param examples - S tokenised examples, at least one.
 * @param padTokenId - Fills `inputIds`; token types are filled with 0.
 * @param padToMultipleOf - Round n up to a multiple of this; default 1.
 * @returns The batch; row i is `examples[i]` where each example is one row.
 * @throws `data/empty` without examples.
 * @example
 * collate(positions.map((at) => encoded[at]), tokenizer.padTokenId);
 */
export function collate(examples: readonly Encoded[], padTokenId: number, padToMultipleOf = 1): Batch {
  if (examples.length === 0) throw expectedGot("data/empty", "collate", "at least one example", "none");
  const { rows, exampleOf } = windowRows(examples);
  const size = rows.length;
  const longest = rows.reduce((most, { inputIds }) => Math.max(most, inputIds.length), 0);
  const length = Math.ceil(longest / padToMultipleOf) * padToMultipleOf;
  const inputIds = new Int32Array(size * length).fill(padTokenId); // [B, n]
  const tokenTypeIds = new Int32Array(size * length); // [B, n]
  rows.forEach((each, row) => {
    inputIds.set(each.inputIds, row * length);
    tokenTypeIds.set(each.tokenTypeIds, row * length);
  });
  return {
    size,
    ...(size > examples.length && { exampleOf }),
    length,
    inputIds,
    tokenTypeIds,
    lengths: Int32Array.from(rows, (each) => each.inputIds.length),
    ...(examples[0].pixels && { pixels: joinedPixels(examples) }),
    labels: Float32Array.from(examples, (example) => example.label),
    ...(examples[0].masked && { masked: joinedMasks(examples, length) }),
    // also where none has any, which is what a task of several labels must then read
    labelSets: examples.map(({ labels }) => labels),
    ...(examples[0].teacher && { teacher: examples.map(({ teacher }) => teacher!) }),
    indices: Int32Array.from(rows, (each) => each.index),
  };
}

/**
 * Every window of every example as an example of its own, one behind the other.
 *
 * @returns `exampleOf`: [rows] which example a row belongs to.
 * @example
 * windowRows([{ ...short }, { ...long, others: [second] }]).exampleOf; // [0, 1, 1]
 */
export function windowRows(examples: readonly Encoded[]): { readonly rows: readonly Encoded[]; readonly exampleOf: Int32Array } {
  const rows = examples.flatMap(({ others = [], ...example }) => [example, ...others.map((other) => ({ ...example, ...other }))]);
  const exampleOf = examples.flatMap(({ others = [] }, at) => new Array<number>(1 + others.length).fill(at));
  return { rows, exampleOf: Int32Array.from(exampleOf) };
}

/**
 * The mean of each example's rows, e.g. of the logits of its windows.
 *
 * @param exampleOf - Of `windowRows`: rows of one example stand side by side.
 * @returns One row an example; the row itself where there is but one.
 * @example
 * meanOfWindows([[1, 2], [3, 4], [5, 6]], Int32Array.of(0, 1, 1)); // [[1, 2], [4, 5]]
 */
export function meanOfWindows(rows: readonly ArrayLike<number>[], exampleOf: Int32Array): number[][] {
  const parts: ArrayLike<number>[][] = [];
  rows.forEach((row, at) => void (parts[exampleOf[at]] ??= []).push(row));
  return parts.map((own) => Array.from(own[0], (_, c) => own.reduce((sum, row) => sum + row[c], 0) / own.length));
}

/** Masked tokens by their places in the batch. */
function joinedMasks(examples: readonly Encoded[], length: number): NonNullable<Batch["masked"]> {
  const rows = examples.flatMap(({ masked }, row) => Array.from(masked!.places, (at) => row * length + at));
  const labels = examples.flatMap(({ masked }) => Array.from(masked!.labels));
  // a graph has no room for nothing: a batch without a masked token predicts its first one, for no loss
  if (rows.length === 0) [rows[0], labels[0]] = [0, -1];
  return { rows: Int32Array.from(rows), labels: Int32Array.from(labels) };
}

/** [B, C, H, W] of images that were loaded; all of one size. */
function joinedPixels(examples: readonly Encoded[]): Float32Array {
  const size = examples[0].pixels!.length;
  const pixels = new Float32Array(examples.length * size);
  examples.forEach((example, row) => void pixels.set(example.pixels!, row * size));
  return pixels;
}

/** Tokens of each example; of a row of several texts, of the longest. */
export const tokenCounts = (encoded: readonly Encoded[]): Int32Array =>
  Int32Array.from(encoded, ({ inputIds, others = [] }) =>
    others.reduce((most, other) => Math.max(most, other.inputIds.length), inputIds.length),
  );

/**
 * The training batches of one epoch, built one at a time in the order of `batchOrder`.
 *
 * @param encoded - The training examples.
 * @param options - As `batchOrder`, plus `padTokenId`, and `from`, the batch to start at (default 0) when resuming.
 * @returns An iterator of batches.
 * @throws `data/bad-batch-size`.
 * @example
 * for (const batch of batches(encoded, { batchSize: 32, seed: 1, epoch: 0, padTokenId: tokenizer.padTokenId })) …
 */
export function* batches(
  encoded: readonly Encoded[],
  options: Omit<BatchOrderOptions, "lengths"> & { readonly padTokenId: number; readonly from?: number },
): Generator<Batch> {
  for (const positions of batchOrder({ ...options, lengths: tokenCounts(encoded) }).slice(options.from ?? 0)) {
    yield collate(
      Array.from(positions, (at) => encoded[at]),
      options.padTokenId,
    );
  }
}

/**
 * The evaluation batches: every example once, sorted by length.
 *
 * @example
 * for (const batch of evaluationBatches(encoded, { batchSize: 64, padTokenId: tokenizer.padTokenId })) …
 */
export function* evaluationBatches(
  encoded: readonly Encoded[],
  { batchSize, padTokenId }: { readonly batchSize: number; readonly padTokenId: number },
): Generator<Batch> {
  for (const positions of evaluationOrder({ lengths: tokenCounts(encoded), batchSize })) {
    yield collate(
      Array.from(positions, (at) => encoded[at]),
      padTokenId,
    );
  }
}

/**
 * Tokens computed for each real token: Σ B·n / Σ lengths. 1 means no padding at all.
 *
 * @example
 * paddingRatio(evaluationOrder({ lengths: [2, 4], batchSize: 2 }), [2, 4]); // 8 / 6
 */
export function paddingRatio(order: readonly Uint32Array[], lengths: ArrayLike<number>): number {
  let [padded, real] = [0, 0];
  for (const positions of order) {
    let longest = 0;
    for (const at of positions) {
      longest = Math.max(longest, lengths[at]);
      real += lengths[at];
    }
    padded += positions.length * longest;
  }
  return padded / real;
}
