import { expectedGot } from "../../errors/index.ts";
import { hash32, permutation } from "../../random/index.ts";
import { batchOrder, tokenCounts } from "../batching.ts";
import { encodeDataset } from "../tokenize/encode-dataset.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { Encoded, Example } from "../types.ts";
import type { StreamedDataset } from "./row-stream.ts";

export interface StreamBatchesOptions {
  readonly dataset: StreamedDataset;
  readonly tokenizer: Tokenizer;
  /** Examples a batch. */
  readonly batchSize: number;
  readonly seed: number;
  /** Consecutive batches that are looked at together, once all are prepared: those of one update. Default 1. */
  readonly accumulated?: number;
  /** Put examples of like length together, so that little padding is needed. Default true. */
  readonly lengthGrouped?: boolean;
}

/** The training batches of a streamed dataset, by epoch and number. */
export interface StreamBatches {
  /** The same in every epoch: `ceil(kept rows / batchSize)`. */
  readonly batchesPerEpoch: number;
  /** Rows of an epoch: all that are not held out. */
  readonly rows: number;
  /**
   * Read and tokenise the window that holds a batch, and begin to read the one behind it.
   *
   * @throws As `StreamedDataset.read`.
   */
  prepare(epoch: number, batch: number): Promise<void>;
  /** The examples of a batch that is prepared. @throws `data/not-prepared`. */
  batch(epoch: number, batch: number): Encoded[];
  /** Examples in a batch, prepared or not: `batchSize`, but for one batch of the last window. */
  size(epoch: number, batch: number): number;
}

/** Rows mixed and sorted by length together: 16 blocks. */
const WINDOW_ROWS = 4096;
/** Groups of blocks whose blocks are mixed, see `blockOrder`. */
const GROUPS_MIXED = 4;

/**
 * The order of a dataset's blocks in an epoch.
 *
 * A permutation of all blocks; where blocks cost less together (row groups of a Parquet file), a permutation of their groups,
 * taken four at a time, and the blocks of those four mixed.
 */
export function blockOrder(dataset: Pick<StreamedDataset, "blocks" | "groups">, seed: number, epoch: number): Uint32Array {
  const { blocks, groups } = dataset;
  if (groups === undefined) return permutation({ seed, step: epoch, site: "block-order" }, blocks);
  const order = new Uint32Array(blocks);
  const groupOrder = permutation({ seed, step: epoch, site: "group-order" }, groups.length);
  let filled = 0;
  for (let first = 0; first < groups.length; first += GROUPS_MIXED) {
    const pool: number[] = [];
    for (const group of groupOrder.subarray(first, first + GROUPS_MIXED))
      for (let block = groups[group]; block < (groups[group + 1] ?? blocks); block++) pool.push(block);
    const mixed = permutation(
      { seed: hash32({ seed, step: epoch, site: "mixed-groups" }, first), step: epoch, site: "block-order" },
      pool.length,
    );
    for (const at of mixed) order[filled++] = pool[at];
  }
  return order;
}

/** One epoch: its blocks in order, and how many kept rows stand before each. */
interface Epoch {
  readonly epoch: number;
  readonly order: Uint32Array;
  readonly before: Float64Array;
}

interface Window {
  readonly key: string;
  readonly batches: readonly (readonly Encoded[])[];
}

/**
 * Length-grouped training batches of data that stay on disk.
 *
 * An epoch is a line of rows: the blocks in the order of `blockOrder`, each without its held-out rows. The line is cut into
 * windows of W rows, W being the largest multiple of the batch size up to 4,096 (at least one batch), and each window into
 * batches by the rule of `batchOrder`. As windows are counted in kept rows and not in blocks, every window but the last has
 * W / batchSize full batches, whatever is held out, and every epoch has as many batches as the same rows in memory would
 * give. A block that a window's edge cuts is read for both windows.
 *
 * All this is a function of the data, batch size, seed and epoch alone: a run that resumes at some batch reads the blocks of
 * that batch's window only and gets the same batches.
 *
 * @param options - See `StreamBatchesOptions`.
 * @returns The batches; two windows are in memory, or as many as an update reaches into, and at most two are being read.
 * @throws `data/bad-batch-size`; `data/empty` when every row is held out.
 * @example
 * const batches = streamBatches({ dataset, tokenizer, batchSize: 32, seed: 1 });
 * await batches.prepare(0, 0);
 * collate(batches.batch(0, 0), tokenizer.padTokenId);
 */
export function streamBatches(options: StreamBatchesOptions): StreamBatches {
  const { dataset, tokenizer, batchSize, seed, accumulated = 1, lengthGrouped = true } = options;
  if (!(Number.isInteger(batchSize) && batchSize > 0))
    throw expectedGot("data/bad-batch-size", "batchSize", "a whole number of examples, at least 1", batchSize);
  let rows = 0;
  for (let block = 0; block < dataset.blocks; block++) rows += dataset.keptRows(block);
  if (rows === 0) throw expectedGot("data/empty", dataset.name, "rows to train on", "none");
  const windowRows = Math.max(1, Math.floor(WINDOW_ROWS / batchSize)) * batchSize;
  const windowBatches = windowRows / batchSize;
  const windows = Math.ceil(rows / windowRows);
  // as many as an update can reach into, wherever in a window it begins
  const windowsKept = Math.max(2, Math.ceil((accumulated - 1) / windowBatches) + 1);
  const batchesPerEpoch = Math.ceil(rows / batchSize);

  let current: Epoch | undefined;
  const epochOf = (epoch: number): Epoch => {
    if (current?.epoch === epoch) return current;
    const order = blockOrder(dataset, seed, epoch);
    const before = new Float64Array(order.length + 1);
    for (let at = 0; at < order.length; at++) before[at + 1] = before[at] + dataset.keptRows(order[at]);
    return (current = { epoch, order, before });
  };
  const windowSeed = (epoch: number, window: number): number => hash32({ seed, step: epoch, site: "window" }, window);

  const readWindow = async (epoch: number, window: number): Promise<Example[]> => {
    const { order, before } = epochOf(epoch);
    const [start, end] = [window * windowRows, Math.min(rows, (window + 1) * windowRows)];
    const examples: Example[] = [];
    for (let at = lastAtOrBelow(before, start); at < order.length && before[at] < end; at++) {
      const kept = (await dataset.read(order[at])).filter((example) => !dataset.isHeldOut(example));
      examples.push(...kept.slice(Math.max(0, start - before[at]), end - before[at]));
    }
    return examples;
  };
  const cut = (key: string, epoch: number, window: number, examples: readonly Example[]): Window => {
    const encoded = encodeDataset(tokenizer, { name: dataset.name, labels: dataset.labels, examples });
    const lengths = tokenCounts(encoded);
    const order = batchOrder({ lengths, batchSize, seed: windowSeed(epoch, window), epoch, lengthGrouped });
    return { key, batches: order.map((positions) => Array.from(positions, (at) => encoded[at])) };
  };

  const keyOf = (epoch: number, window: number): string => `${epoch} ${window}`;
  const reading = new Map<string, Promise<Example[]>>();
  let ready: Window[] = [];
  const read = (epoch: number, window: number): Promise<Example[]> => {
    const key = keyOf(epoch, window);
    const begun = reading.get(key) ?? readWindow(epoch, window);
    // Whoever waits for it gets the error; until then it must not end the process.
    begun.catch(() => reading.delete(key));
    reading.set(key, begun);
    while (reading.size > 2) reading.delete(reading.keys().next().value!);
    return begun;
  };
  const check = (epoch: number, batch: number): void => {
    if (Number.isInteger(epoch) && epoch >= 0 && Number.isInteger(batch) && batch >= 0 && batch < batchesPerEpoch) return;
    throw expectedGot(
      "data/bad-batch",
      dataset.name,
      `a batch from 0 to ${batchesPerEpoch - 1} of an epoch`,
      `${batch} of ${epoch}`,
    );
  };

  return {
    batchesPerEpoch,
    rows,
    async prepare(epoch, batch) {
      check(epoch, batch);
      const window = Math.floor(batch / windowBatches);
      const key = keyOf(epoch, window);
      if (!ready.some((known) => known.key === key)) {
        const examples = await read(epoch, window);
        reading.delete(key);
        if (!ready.some((known) => known.key === key))
          ready = [...ready.slice(1 - windowsKept), cut(key, epoch, window, examples)];
      }
      const [nextEpoch, next] = window + 1 < windows ? [epoch, window + 1] : [epoch + 1, 0];
      const nextKey = keyOf(nextEpoch, next);
      if (windows > 1 && !ready.some((known) => known.key === nextKey)) read(nextEpoch, next).catch(() => {});
    },
    batch(epoch, batch) {
      check(epoch, batch);
      const window = Math.floor(batch / windowBatches);
      const found = ready.find(({ key }) => key === keyOf(epoch, window));
      if (found) return [...found.batches[batch - window * windowBatches]];
      throw expectedGot(
        "data/not-prepared",
        dataset.name,
        "a batch that is prepared",
        `${batch} of epoch ${epoch}`,
        "Await prepare.",
      );
    },
    size(epoch, batch) {
      check(epoch, batch);
      const left = rows % batchSize;
      const window = Math.floor(batch / windowBatches);
      if (left === 0 || window < windows - 1) return batchSize;
      // The smaller batch is the last that batchOrder forms, before it shuffles the batches.
      const inWindow = batchesPerEpoch - window * windowBatches;
      const formed = lengthGrouped
        ? permutation({ seed: windowSeed(epoch, window), step: epoch, site: "batch-order" }, inWindow)[
            batch - window * windowBatches
          ]
        : batch - window * windowBatches;
      return formed === inWindow - 1 ? left : batchSize;
    },
  };
}

/** The last place of ascending numbers whose number is at most `wanted`. */
function lastAtOrBelow(ascending: Float64Array, wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle] <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
