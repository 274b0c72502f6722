import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { isParquet, isParquetName, openParquet } from "../parquet/parquet.ts";
import { deflated, inflated } from "../stream/gzip-node.ts";
import { fileSource } from "../table/byte-source-node.ts";
import { isGzip } from "../table/decode.ts";
import { editParquet } from "./edit-parquet.ts";
import { editRows, type RowEdits } from "./edit-rows.ts";

const CHUNK_BYTES = 1 << 20;

/** The end of a file's name by which it is read: `.csv`, `.tsv.gz`; empty where it has none. */
export const endingOf = (name: string): string => /(\.[^.]*)?(\.gz)?$/i.exec(name)![0];

/** The end that the name of an edited file needs: the same, and `.jsonl` of Parquet. @throws `data/unreadable`. */
export const editedEnding = async (path: string): Promise<string> =>
  (await kindOf(path)) === "parquet" ? ".jsonl" : endingOf(basename(path));

/**
 * A file with other labels and without some rows: TSV, CSV and JSONL as they are, gzip of these as gzip, Parquet as JSONL.
 *
 * @param path - It is only read, a few MB or one row group at a time.
 * @param label - Name of the label column.
 * @returns The edited file, piece by piece.
 * @throws `data/unreadable`, `data/bad-gzip`; as `editRows` and `editParquet`.
 */
export async function* editFile(path: string, label: string, edits: RowEdits): AsyncGenerator<Uint8Array> {
  const name = basename(path);
  const read = (): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const kind = await kindOf(path);
  if (kind === "gzip") yield* deflated(editRows(() => inflated(read(), name), name, label, edits));
  else if (kind === "text") yield* editRows(read, name, label, edits);
  else {
    const source = await fileSource(path);
    try {
      yield* editParquet(await openParquet(source), label, edits);
    } finally {
      await source.close();
    }
  }
}

async function kindOf(path: string): Promise<"parquet" | "gzip" | "text"> {
  const source = await fileSource(path);
  try {
    const start = await source.read(0, Math.min(4, source.size));
    return isGzip(start) ? "gzip" : isParquet(start) || isParquetName(source.name) ? "parquet" : "text";
  } finally {
    await source.close();
  }
}
