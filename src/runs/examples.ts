import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  batchOrder,
  createTokenizer,
  type Encoded,
  type Example,
  encodeDataset,
  imageName,
  readTokenizerJson,
  type StreamedDataset,
  streamBatches,
  tokenCounts,
} from "../data/index.ts";
import { permutation } from "../random/index.ts";
import type { DatasetOnDisk } from "./environment/environment.ts";
import type { LoadImages } from "./image-input.ts";
import type { RunData, StreamedSource } from "./spec.ts";

/** Examples in the order of their batches. */
export interface ExampleBatches {
  readonly batchesPerEpoch: number;
  /** Read what a batch needs; where there is nothing to read, nothing happens. */
  prepare(epoch: number, batch: number): Promise<void>;
  /** After `prepare`. */
  examples(epoch: number, batch: number): readonly Encoded[];
  /** Padded tokens of an epoch, about. */
  epochTokens(): number;
}

/** The training examples of a run, in memory or on disk. */
export interface TrainingExamples {
  readonly count: number;
  /** Tokens of the longest. */
  readonly longest: number;
  /** Most texts or windows of an example, each of which is a row of a batch. */
  readonly texts: number;
  /** @param options.byLabel - Batches hold several examples of a label; in memory only. */
  inBatches(options: {
    readonly batchSize: number;
    readonly seed: number;
    readonly accumulated?: number;
    readonly byLabel?: boolean;
  }): ExampleBatches;
  /**
   * Up to `most` of them, always the same ones, from all over the data: files are often sorted by label. On disk the same as in
   * memory, up to a million examples; of more, a quarter of each of a few blocks, as reading a row costs its block.
   */
  sample(most: number): Promise<readonly Encoded[]>;
  /** The same for the same data alone. */
  fingerprint(): string;
  close(): Promise<void>;
}

/** Of a batch of them; each text is a row. */
export const paddedTokens = (examples: readonly Encoded[]): number =>
  examples.reduce((sum, example) => sum + rowCount(example), 0) * tokenCounts(examples).reduce((a, b) => Math.max(a, b), 0);

/** Rows of a batch that an example takes. */
export const rowCount = ({ others = [] }: Pick<Encoded, "others">): number => 1 + others.length;

/**
 * Hash of tokenised examples, or of the names of images, so that a damaged one may be mended; labels and order included. A teacher's
 * outputs are left out, whose last bits depend on the machine: `RunSpec.taughtBy` names it.
 */
export function hashOf(examples: readonly Encoded[]): string {
  const hash = sha256.create();
  for (const { index, label, labels, image, group, others = [], ...own } of examples) {
    const texts = [own, ...others].map(({ inputIds, tokenTypeIds }) => `${inputIds.join(" ")}/${tokenTypeIds.join(" ")}`);
    const content = image ? imageName(image) : texts.join("//");
    hash.update(utf8ToBytes(`${index} ${label}${labels ? ` (${labels.join(" ")})` : ""} ${content}\n`));
    if (group !== undefined) hash.update(utf8ToBytes(`group ${group}\n`));
  }
  return bytesToHex(hash.digest());
}

/** Hash of all that a run reads of its data, and shows. */
export function hashOfData(data: RunData & { readonly train: readonly Encoded[] }): string {
  const { train, selection, reported, fresh, mapped = [] } = data;
  const hash = sha256.create();
  for (const part of [train, selection, reported, fresh, mapped.map(({ encoded }) => encoded)]) {
    hash.update(utf8ToBytes(`${part ? hashOf(part) : "none"}\n`));
  }
  hash.update(utf8ToBytes(JSON.stringify(mapped.map(({ text, tokens }) => [text, tokens]))));
  return bytesToHex(hash.digest());
}
/** Where in `count` examples those of a sample stand, in ascending order. */
const sampledPlaces = (count: number, most: number): Uint32Array =>
  permutation({ seed: 0, step: 0, site: "train-sample" }, count).subarray(0, most).sort();

/** @param isLabelled - Examples that samples are drawn from; default all. */
export function examplesInMemory(
  all: readonly Encoded[],
  isLabelled: (example: Encoded) => boolean = () => true,
): TrainingExamples {
  const lengths = tokenCounts(all);
  const labelled = all.filter(isLabelled);
  return {
    count: all.length,
    longest: lengths.reduce((a, b) => Math.max(a, b), 0),
    texts: all.reduce((most, example) => Math.max(most, rowCount(example)), 0),
    inBatches({ batchSize, seed, byLabel }) {
      const labels = byLabel ? all.map(({ label }) => label) : undefined;
      let known: { epoch: number; order: Uint32Array[] } | undefined;
      const orderOf = (epoch: number): Uint32Array[] => {
        if (known?.epoch !== epoch) known = { epoch, order: batchOrder({ lengths, batchSize, seed, epoch, labels }) };
        return known.order;
      };
      const examples = (epoch: number, batch: number): Encoded[] => Array.from(orderOf(epoch)[batch], (at) => all[at]);
      return {
        batchesPerEpoch: Math.ceil(all.length / batchSize),
        prepare: async () => {},
        examples,
        epochTokens: () => orderOf(0).reduce((sum, _, batch) => sum + paddedTokens(examples(0, batch)), 0),
      };
    },
    sample: async (most) => Array.from(sampledPlaces(labelled.length, most), (at) => labelled[at]),
    fingerprint: () => hashOf(all),
    close: async () => {},
  };
}

/** The same with the pixels of their images, which are loaded for a batch and forgotten after its update. */
export function withImages(all: TrainingExamples, load: LoadImages): TrainingExamples {
  return {
    ...all,
    inBatches(options) {
      const batches = all.inBatches(options);
      const loaded = new Map<string, readonly Encoded[]>();
      const keyOf = (epoch: number, batch: number): string => `${epoch} ${batch}`;
      return {
        ...batches,
        async prepare(epoch, batch) {
          const key = keyOf(epoch, batch);
          if (loaded.has(key)) return;
          // the oldest first, so that only one update's batches are held
          while (loaded.size >= (options.accumulated ?? 1)) loaded.delete(loaded.keys().next().value!);
          loaded.set(key, await load(batches.examples(epoch, batch)));
        },
        examples: (epoch, batch) => loaded.get(keyOf(epoch, batch)) ?? batches.examples(epoch, batch),
      };
    },
  };
}

/** Data with more rows are sampled by the block: the rows of a sample would stand in nearly as many blocks. */
const MOST_SAMPLED_BY_ROW = 1_000_000;

const readKept = async (dataset: StreamedDataset, block: number): Promise<Example[]> =>
  (await dataset.read(block)).filter((example) => !dataset.isHeldOut(example));

/** The rows at ascending places among those that are not held out. */
async function rowsAt(dataset: StreamedDataset, places: Uint32Array): Promise<Example[]> {
  const rows: Example[] = [];
  for (let block = 0, before = 0; rows.length < places.length; block++) {
    const end = before + dataset.keptRows(block);
    if (places[rows.length] < end) {
      const kept = await readKept(dataset, block);
      while (places[rows.length] < end) rows.push(kept[places[rows.length] - before]);
    }
    before = end;
  }
  return rows;
}

/** Up to `most` rows of as few blocks as give more than one class in a sorted file: a quarter of each. */
async function rowsOfFewBlocks(dataset: StreamedDataset, most: number): Promise<Example[]> {
  const rows: Example[] = [];
  for (const block of permutation({ seed: 0, step: 0, site: "train-sample" }, dataset.blocks)) {
    if (rows.length >= most) break;
    rows.push(...(await readKept(dataset, block)).slice(0, dataset.blockRows / 4));
  }
  return rows.slice(0, most);
}

/** Examples that are read from disk as they are needed. */
export function examplesOnDisk(
  dataset: DatasetOnDisk,
  { tokenizerFiles, ...length }: Omit<StreamedSource, "paths" | "options">,
): TrainingExamples {
  const tokenizer = createTokenizer({ ...readTokenizerJson(tokenizerFiles), ...length });
  const { maxLength, longTexts, docStride, maxWindows } = tokenizer;
  const count = dataset.rows - (dataset.heldOut?.examples.length ?? 0);
  return {
    count,
    longest: maxLength,
    texts: longTexts === "chunks" ? maxWindows : 1,
    inBatches(order) {
      const batches = streamBatches({ dataset, tokenizer, ...order });
      return {
        batchesPerEpoch: batches.batchesPerEpoch,
        prepare: batches.prepare,
        examples: batches.batch,
        epochTokens: () => batches.batchesPerEpoch * paddedTokens(batches.batch(0, 0)),
      };
    },
    async sample(most) {
      const byRow = count <= MOST_SAMPLED_BY_ROW;
      const examples = await (byRow ? rowsAt(dataset, sampledPlaces(count, most)) : rowsOfFewBlocks(dataset, most));
      return encodeDataset(tokenizer, { name: dataset.name, labels: dataset.labels, examples });
    },
    fingerprint: () => {
      const { fingerprint, labels, task, columns } = dataset;
      const held = dataset.heldOut?.examples.map(({ index }) => index);
      const cut = [maxLength, longTexts, ...(longTexts === "head" ? [] : [docStride, maxWindows])];
      const hash = sha256.create();
      hash.update(utf8ToBytes(JSON.stringify([fingerprint, labels, task, columns, held, ...cut])));
      for (const name of [...tokenizerFiles.keys()].sort()) hash.update(sha256(tokenizerFiles.get(name)!));
      return bytesToHex(hash.digest());
    },
    close: () => dataset.close(),
  };
}
