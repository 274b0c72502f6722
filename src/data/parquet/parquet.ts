import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { CrispError, expectedGot } from "../../errors/index.ts";
import { type ByteSource, bytesSource } from "../table/byte-source.ts";
import type { Table } from "../types.ts";
import { classNamesOf, plainCell } from "./parquet-cells.ts";
import { type ChunkPlace, type Compressors, checkMetadata, checkPages } from "./parquet-check.ts";
import { readThriftStruct } from "./thrift-check.ts";

/** Rows that a Parquet file packs together. */
export interface RowGroup {
  /** First row, counted from 0 over the file. */
  readonly start: number;
  readonly rows: number;
  /** Whether some of its rows can be read without unpacking all. */
  readonly indexed: boolean;
}

/** An open Parquet file. */
export interface ParquetFile {
  /** File name, for messages. */
  readonly name: string;
  readonly rows: number;
  /** Names of the outermost columns. */
  readonly columns: readonly string[];
  /** Class names of the columns that the Hub's metadata call a ClassLabel, or a list of them, in class order. */
  readonly classNames: ReadonlyMap<string, readonly string[]>;
  /** Columns that hold images: structs with `bytes`, as the Hub writes them, or bytes alone. */
  readonly imageColumns: readonly string[];
  readonly groups: readonly RowGroup[];
  /** Unpacked bytes of some columns, all by default, in one row group. */
  groupBytes(group: number, columns?: readonly string[]): number;
  /**
   * Read rows from `start` up to, not including, `end`.
   *
   * @param columns - Names of the columns wanted; all by default.
   * @returns A cell for each of `columns` in each row; see {@link parquetTable} for what cells hold.
   * @throws `data/parquet`, `data/encoding`, `data/broken-row`.
   */
  readRows(start: number, end: number, columns?: readonly string[]): Promise<unknown[][]>;
}

/** Whether bytes are those of a Parquet file, by their first four. */
export const isParquet = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x41 && bytes[2] === 0x52 && (bytes[3] === 0x31 || bytes[3] === 0x45);

/** Whether a file is Parquet by its name. */
export const isParquetName = (name: string): boolean => /\.(parquet|pq)$/i.test(name);

/** The one error for Parquet files that cannot be read. */
function damaged(name: string, error: unknown): CrispError {
  if (error instanceof CrispError) return error;
  const reason = (error as Error).message.replace(/^parquet /, "");
  return expectedGot(
    "data/parquet",
    name,
    "a complete Parquet file",
    `one that is damaged, cut off or of an unknown kind (${reason})`,
    "Download or write it again.",
  );
}

/** Both packages are asked for only when a Parquet file comes up, as they take time and room. */
async function library() {
  const [hyparquet, packed] = await Promise.all([import("hyparquet"), import("hyparquet-compressors")]);
  const codecs: Compressors = {
    ...(packed.compressors as Compressors),
    // Into a buffer of the declared length: by default fzstd believes the length in the page.
    ZSTD: (input: Uint8Array, length: number) => packed.decompressZstd(input, new Uint8Array(length)),
  };
  // A page of nothing but empty cells packs no bytes, which the reader of LZ4 takes for damage.
  const compressors: Compressors = Object.fromEntries(
    Object.entries(codecs).map(([codec, unpack]) => [
      codec,
      (input, length) => (length === 0 ? new Uint8Array() : unpack(input, length)),
    ]),
  );
  return { hyparquet, compressors };
}

const MAGIC_BYTES = 4;
const FOOTER_BYTES = 8;

async function readFooter(source: ByteSource): Promise<Uint8Array> {
  const { name, size } = source;
  const refuse = (got: string): CrispError =>
    expectedGot("data/parquet", name, "a complete Parquet file", got, "Download or write it again.");
  if (size === 0) throw refuse("an empty file");
  if (size < MAGIC_BYTES + FOOTER_BYTES) throw refuse(`a file of ${size} bytes`);
  const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
  const start = text(await source.read(0, MAGIC_BYTES));
  const tail = await source.read(size - FOOTER_BYTES, size);
  const end = text(tail.subarray(4));
  if (start === "PARE" || end === "PARE") throw refuse("an encrypted one");
  if (start !== "PAR1") throw refuse("a file that is no Parquet file");
  if (end !== "PAR1") throw refuse("one that is cut off");
  const length = new DataView(tail.buffer, tail.byteOffset, 8).getUint32(0, true);
  if (length > size - MAGIC_BYTES - FOOTER_BYTES) throw refuse(`one that declares ${length} bytes of metadata in ${size}`);
  const footer = await source.read(size - FOOTER_BYTES - length, size);
  readThriftStruct(footer.subarray(0, length), 0);
  return footer;
}

/**
 * Open a Parquet file: read its metadata and check them against the file.
 *
 * Every count and size is checked before anything is allocated by it, first in the metadata and then, as pages are read,
 * in each page; so a damaged file is an error, not a crash.
 *
 * @param source - The file.
 * @returns The open file; nothing needs closing but the source.
 * @throws `data/parquet` when the file is no Parquet file, damaged, cut off or encrypted.
 * @example
 * const file = await openParquet(bytesSource(bytes, "train.parquet"));
 * await file.readRows(0, 10, ["sentence", "label"]);
 * @see hyparquet, which does the reading, and hyparquet-compressors.
 */
export async function openParquet(source: ByteSource): Promise<ParquetFile> {
  const { name } = source;
  const { hyparquet, compressors } = await library();
  let metadata: FileMetaData;
  let places: ChunkPlace[][];
  let columns: string[];
  let imageColumns: string[];
  let nested: Set<string>;
  try {
    metadata = hyparquet.parquetMetadata(await readFooter(source), { geoparquet: false });
    const tree = hyparquet.parquetSchema(metadata);
    columns = tree.children.map((child) => child.element.name);
    nested = new Set(tree.children.filter(({ children }) => children.length > 0).map((child) => child.element.name));
    imageColumns = tree.children.filter(holdsBytes).map((child) => child.element.name);
    places = checkMetadata(metadata, tree, source.size);
  } catch (error) {
    throw damaged(name, error);
  }
  const classNames = classNamesOf(metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value);
  let rows = 0;
  const groups = metadata.row_groups.map((group) => {
    const start = rows;
    rows += Number(group.num_rows);
    const indexed = group.columns.every((column) => column.offset_index_offset !== undefined);
    return { start, rows: rows - start, indexed };
  });
  const file = checkedBuffer(source, places.flat(), compressors);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  return {
    name,
    rows,
    columns,
    classNames,
    imageColumns,
    groups,
    groupBytes(group, wanted) {
      const chunks = places[group].filter(({ meta }) => wanted === undefined || wanted.includes(meta.path_in_schema[0]));
      return chunks.reduce((sum, { meta }) => sum + Number(meta.total_uncompressed_size), 0);
    },
    async readRows(start, end, wanted = columns) {
      let read: unknown[][] = [];
      try {
        await hyparquet.parquetRead({
          file,
          metadata,
          columns: [...wanted],
          rowStart: start,
          rowEnd: end,
          rowFormat: "array",
          useOffsetIndex: true,
          geoparquet: false,
          // Bytes stay bytes, such as those of images; texts are decoded below, strictly.
          utf8: false,
          compressors,
          parsers: { stringFromBytes: (bytes: Uint8Array) => bytes && decodeStrictly(decoder, bytes, name) },
          onComplete: (complete) => {
            read = complete;
          },
        });
      } catch (error) {
        throw damaged(name, error);
      }
      if (read.length !== Math.min(end, rows) - start) throw damaged(name, new Error("columns of unlike length"));
      const classes = wanted.map((column) => classNames.get(column));
      read.forEach((cells, at) => {
        for (let i = 0; i < wanted.length; i++) {
          // An empty list or struct comes so; a plain value does not, unless its dictionary lacks it.
          if (cells[i] === undefined && !nested.has(wanted[i]))
            throw damaged(name, new Error(`row ${start + at + 1} lacks a value`));
          cells[i] = plainCell(cells[i], classes[i], () => [`${name}:${start + at + 1}`, wanted[i]]);
        }
      });
      return read;
    },
  };
}

function holdsBytes({ element, children }: SchemaTree): boolean {
  if (children.length > 0) return children.some((child) => child.element.name === "bytes" && holdsBytes(child));
  return element.type === "BYTE_ARRAY" && element.converted_type === undefined && element.logical_type === undefined;
}

function decodeStrictly(decoder: TextDecoder, bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw expectedGot("data/encoding", name, "UTF-8 text", "bytes that are not UTF-8", "Write the file again with UTF-8 text.");
  }
}

/** What hyparquet reads from: every piece of a column is checked, once, before it is handed out. */
function checkedBuffer(source: ByteSource, chunks: readonly ChunkPlace[], compressors: Compressors): AsyncBuffer {
  const checked = new Set<string>();
  return {
    byteLength: source.size,
    async slice(start, end = source.size) {
      if (!(start >= 0 && start <= end && end <= source.size)) throw new Error("a place beyond the file");
      const bytes = await source.read(start, end);
      for (const chunk of chunks) {
        const [from, to] = [Math.max(start, chunk.start), Math.min(end, chunk.end)];
        const place = `${from} ${to}`;
        if (from >= to || checked.has(place)) continue;
        checkPages(bytes.subarray(from - start, to - start), chunk, compressors);
        checked.add(place);
      }
      const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
      // Not bytes.slice(), which copies nothing where the bytes are a Node Buffer.
      return (whole ? bytes : new Uint8Array(bytes)).buffer as ArrayBuffer;
    },
  };
}

/**
 * Read a whole Parquet file into a table.
 *
 * Cells hold strings, booleans and numbers (64-bit integers too, as strings where a number would round them), bytes, `null`
 * where there is none, and arrays and objects of these. Dates become ISO text. Numbers of a ClassLabel become class names,
 * and its -1, which says that the label is hidden, becomes `null`. `line` counts rows from 1.
 *
 * @param bytes - The file.
 * @param name - Its name, for messages.
 * @returns The table, with `classNames`.
 * @throws `data/parquet` for a damaged file; `data/empty` without rows; `data/encoding`; `data/broken-row` for a class number
 * without a name.
 * @example
 * toDataset(await parquetTable(bytes, "train.parquet")).labels; // ["not_equivalent", "equivalent"]
 */
export async function parquetTable(bytes: Uint8Array, name: string): Promise<Table> {
  const file = await openParquet(bytesSource(bytes, name));
  if (file.rows === 0) throw expectedGot("data/empty", name, "at least one row", "none");
  const rows: { line: number; cells: readonly unknown[] }[] = [];
  for (const group of file.groups) {
    const read = await file.readRows(group.start, group.start + group.rows);
    read.forEach((cells, at) => {
      rows.push({ line: group.start + at + 1, cells });
    });
  }
  return { name, columns: file.columns, rows, classNames: file.classNames };
}
