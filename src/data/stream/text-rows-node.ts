import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { isParquet, isParquetName, openParquet } from "../parquet/parquet.ts";
import { BadRows } from "../table/bad-rows.ts";
import { type ByteSource, bytesSource } from "../table/byte-source.ts";
import { fileSource } from "../table/byte-source-node.ts";
import { isGzip } from "../table/decode.ts";
import type { Table } from "../types.ts";
import { inflated } from "./gzip-node.ts";
import {
  allBytes,
  type Field,
  filled,
  openTextRows,
  rowReader,
  soundParts,
  type TextReading,
  type TextRow,
  type TextSource,
} from "./text-rows.ts";

/** Rows of a Parquet file that are read together. */
const PARQUET_ROWS = 5000;

/**
 * Open a file of texts to classify: TSV, CSV, JSONL, plain lines, gzip of these, or Parquet. It is read as its rows are asked for.
 *
 * @throws `data/unreadable`; as `openTextRows`.
 */
export async function openTextFile(path: string, reading: TextReading = {}): Promise<TextSource> {
  const name = basename(path);
  let file: FileHandle;
  try {
    file = await open(path);
    if ((await file.stat()).isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = { ENOENT: "no such file", EISDIR: "a folder", EACCES: "a file that may not be read" }[code ?? ""] ?? message;
    throw expectedGot("data/unreadable", path, "a readable file", got, "Check the path.");
  }
  return openTextStream(file.createReadStream({ highWaterMark: 1 << 20 }), name, reading, () => fileSource(path));
}

/**
 * Open texts that come through a pipe.
 *
 * @param again - Opens the source for reading at any place, where it has one; Parquet is read into memory otherwise.
 */
export async function openTextStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  reading: TextReading = {},
  again?: () => Promise<ByteSource>,
): Promise<TextSource> {
  const chunks = stream[Symbol.asyncIterator]();
  const { rest } = await filled(chunks, new Uint8Array(), 4);
  const whole = behind(rest, chunks);
  if (isGzip(rest)) return openTextRows(inflated(whole, name), name, reading);
  if (!isParquet(rest) && !isParquetName(name)) return openTextRows(whole, name, reading);
  return parquetTexts(again ? await again() : bytesSource(await allBytes(whole), name), reading);
}

async function* behind(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** Columns of bytes, such as images, are left out. */
async function parquetTexts(source: ByteSource, reading: TextReading): Promise<TextSource> {
  const file = await openParquet(source);
  const { name, rows } = file;
  if (rows === 0) throw expectedGot("data/empty", name, "at least one row", "none");
  const columns = file.columns.filter((column) => !file.imageColumns.includes(column));
  const read = async (start: number): Promise<Table> => {
    const cells = await file.readRows(start, Math.min(rows, start + PARQUET_ROWS), columns);
    return { name, columns, rows: cells.map((row, at) => ({ line: start + at + 1, cells: row })) };
  };
  return {
    async rows(named) {
      const sample = await read(0);
      const bad = new BadRows(name, reading);
      const reader = rowReader(sample, named, bad);
      const rowsOf = (table: Table) =>
        reader.rows(table, ({ cells }) => cells.map((cell, at): Field => [reader.fields[at], cell]));
      async function* parts(): AsyncGenerator<readonly TextRow[]> {
        yield rowsOf(sample);
        for (let start = PARQUET_ROWS; start < rows; start += PARQUET_ROWS) yield rowsOf(await read(start));
      }
      return { fields: reader.fields, parts: soundParts(parts(), bad) };
    },
  };
}
