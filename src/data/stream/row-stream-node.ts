import { type FileSource, fileSource } from "../table/byte-source-node.ts";
import type { StreamOptions } from "./row-index.ts";
import { indexRows, type StreamedDataset } from "./row-stream.ts";

/** A streamed dataset over open files. */
export interface OpenStreamedDataset extends StreamedDataset {
  /** Bytes of all files. */
  readonly bytes: number;
  close(): Promise<void>;
}

/**
 * Look through files once, so that they can be trained on without being held in memory.
 *
 * @param paths - Files in order, such as the shards of a dataset on the Hub: TSV, CSV, JSONL or Parquet.
 * @param options - See `indexRows`.
 * @returns The dataset; `close` it when done.
 * @throws `data/unreadable`; as `indexRows`.
 * @example
 * const data = await openStreamedDataset(["train-00000.parquet", "train-00001.parquet"], { heldOut: { seed: 1 } });
 */
export async function openStreamedDataset(
  paths: string | readonly string[],
  options: StreamOptions = {},
): Promise<OpenStreamedDataset> {
  const sources: FileSource[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sources.map((source) => source.close()));
  };
  try {
    for (const path of typeof paths === "string" ? [paths] : paths) sources.push(await fileSource(path));
    const dataset = await indexRows(sources, options);
    return { ...dataset, bytes: sources.reduce((sum, { size }) => sum + size, 0), close };
  } catch (error) {
    await close();
    throw error;
  }
}
