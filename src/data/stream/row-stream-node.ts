import { createHash } from "node:crypto";
import type { StreamOptions } from "./row-index.ts";
import { indexRows, type StreamedDataset } from "./row-stream.ts";
import { type WatchedSource, watchedSource } from "./watched-source-node.ts";

/** A streamed dataset over open files. */
export interface OpenStreamedDataset extends StreamedDataset {
  /** Bytes of all files. */
  readonly bytes: number;
  /** SHA-256 over the bytes of all files, in their order. */
  readonly fingerprint: string;
  close(): Promise<void>;
}

/**
 * Look through files once, so that they can be trained on without being held in memory.
 *
 * Bytes that are not those of the first look are refused, whenever they are read (`watchedSource`).
 *
 * @param paths - Files in order, such as the shards of a dataset on the Hub: TSV, CSV, JSONL or Parquet.
 * @param options - See `indexRows`.
 * @returns The dataset; `close` it when done.
 * @throws `data/unreadable`, `data/changed`; as `indexRows`.
 * @example
 * const data = await openStreamedDataset(["train-00000.parquet", "train-00001.parquet"], { heldOut: { seed: 1 } });
 */
export async function openStreamedDataset(
  paths: string | readonly string[],
  options: StreamOptions = {},
): Promise<OpenStreamedDataset> {
  const sources: WatchedSource[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sources.map((source) => source.close()));
  };
  try {
    for (const path of typeof paths === "string" ? [paths] : paths) sources.push(await watchedSource(path));
    const dataset = await indexRows(sources, options);
    const whole = createHash("sha256");
    for (const source of sources) whole.update(await source.fingerprint());
    const bytes = sources.reduce((sum, { size }) => sum + size, 0);
    return { ...dataset, bytes, fingerprint: whole.digest("hex"), close };
  } catch (error) {
    await close();
    throw error;
  }
}
