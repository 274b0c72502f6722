import { expectedGot } from "../../errors/index.ts";
import { cellText } from "../../tasks/index.ts";
import { csvScanner, jsonlScanner, type RecordScanner, type ScannedRecord, tsvScanner } from "../stream/record-scan.ts";
import { BadRows } from "../table/bad-rows.ts";
import type { ByteSource } from "../table/byte-source.ts";
import type { Columns } from "../table/columns.ts";
import { type DecodeOptions, isGzip } from "../table/decode.ts";
import { badEncoding, decodeAs, hasUtf16Mark, plainEncoding, type TextEncoding, utf16Order } from "../table/encoding.ts";
import {
  csvRows,
  guessDelimiter,
  guessFormat,
  jsonlTable,
  noRowsBelow,
  readHeader,
  soundRows,
  type TableFormat,
  type TableOptions,
  tsvRows,
} from "../table/table.ts";
import { LONGEST_ROW_BYTES, rowTooLong } from "../table/table-bounds.ts";
import type { Table } from "../types.ts";

/** How a text file is laid out, settled on its first rows. */
export interface TextLayout {
  readonly format: TableFormat;
  /** Of a CSV file. */
  readonly delimiter: string;
  /** Names; in JSONL those met so far. */
  readonly columns: readonly string[];
  /** Whether the first record names the columns. */
  readonly header: boolean;
  /** Offset of the first record; 3 behind a byte-order mark. */
  readonly start: number;
  /** One whose line ends, delimiters and quotes are the bytes of ASCII. */
  readonly encoding: Exclude<TextEncoding, "utf-16">;
}

/** As many rows as the guesses of `chooseColumns` and `looksLikeHeader` look at. */
const SAMPLE_ROWS = 5001;
const PIECE_BYTES = 8 << 20;

/** A scanner for a file of this layout. */
export function scannerOf({ format, delimiter }: Pick<TextLayout, "format" | "delimiter">, cells: number): RecordScanner {
  if (format === "jsonl") return jsonlScanner();
  return format === "tsv" ? tsvScanner(cells) : csvScanner(delimiter, cells);
}

/** Bytes up to, not including, a last character that is cut off. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes.length - end < 3 && (bytes[end - 1] & 0xc0) === 0x80) end--;
  return end > 0 && bytes[end - 1] >= 0xc0 ? bytes.subarray(0, end - 1) : bytes;
}

function decodes(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Whether bytes are UTF-8, but for a last character that is cut off, where more follow. */
export const isUtf8Piece = (bytes: Uint8Array, final: boolean): boolean => decodes(final ? bytes : wholeCharacters(bytes));

/**
 * Visit the records of a file in order, reading it in large pieces.
 *
 * @param visit - Gets each record and the offset in the file of its `bytes`; returns false to stop.
 * @param onPiece - Called behind each piece with the bytes done.
 * @throws `data/encoding`, `data/broken-row` for a row longer than 16 MB.
 */
export async function scanFile(
  source: ByteSource,
  scanner: RecordScanner,
  { start, encoding }: Pick<TextLayout, "start" | "encoding">,
  visit: (record: ScannedRecord, offset: number) => boolean,
  onPiece?: (done: number) => void,
): Promise<void> {
  const isText = encoding === "utf-8" ? (source.isUtf8 ?? decodes) : () => true;
  let stopped = false;
  for (let at = start, size = PIECE_BYTES; at < source.size && !stopped; ) {
    const end = Math.min(source.size, at + size);
    const bytes = await source.read(at, end);
    const line = scanner.nextLine();
    const whole = end === source.size ? bytes : wholeCharacters(bytes);
    if (!isText(whole)) throw badEncoding(whole, source.name, line);
    const consumed = scanner.scan(bytes, end === source.size, (record) => {
      if (record.end - record.start > LONGEST_ROW_BYTES) throw rowTooLong(`${source.name}:${record.line}`);
      stopped = !visit(record, at);
      return !stopped;
    });
    if (consumed === 0) {
      if (size > LONGEST_ROW_BYTES) throw rowTooLong(`${source.name}:${line}`);
      size *= 2;
      continue;
    }
    at += consumed;
    size = PIECE_BYTES;
    onPiece?.(at);
  }
}

/** The text of some bytes; a byte-order mark inside a file is a character. */
export function decodePiece(bytes: Uint8Array, encoding: TextEncoding, name: string, line: number): string {
  try {
    return decodeAs(bytes, encoding, { keepMark: true });
  } catch {
    throw badEncoding(bytes, name, line);
  }
}

/**
 * The rows in a piece of a file, read as `parseTable` reads them.
 *
 * @param text - Whole records.
 * @param line - 1-based line of the file it starts on.
 * @param bad - Takes rows that cannot be read.
 * @throws `data/broken-row`, naming `file:line`.
 */
export function pieceTable(text: string, layout: TextLayout, name: string, line: number, bad?: BadRows): Table {
  if (layout.format === "jsonl") {
    const table = jsonlTable(text, name, line, bad);
    // A piece may lack a key that others have.
    return { ...table, columns: [...new Set([...table.columns, ...layout.columns])] };
  }
  const rows =
    layout.format === "tsv"
      ? tsvRows(text, name, line)
      : csvRows(text, name, { delimiter: layout.delimiter, firstLine: line, bad });
  return { name, columns: layout.columns, rows: soundRows(rows, layout.columns, name, layout.format, bad) };
}

/**
 * Settle format, delimiter, header and columns on the first 5,000 rows of a file.
 *
 * @param options.encoding - UTF-8 unless it is named: whether a file looks like another one only all of it would say.
 * @returns The layout, and those of the rows that can be read.
 * @throws As `parseTable`; `data/gzip-stream` for a packed file; `data/encoding` for UTF-16.
 */
export async function readLayout(
  source: ByteSource,
  options: TableOptions & Pick<DecodeOptions, "encoding">,
): Promise<{ layout: TextLayout; sample: Table }> {
  const { name, size } = source;
  const head = await source.read(0, Math.min(size, 1 << 20));
  if (isGzip(head)) {
    throw expectedGot(
      "data/gzip-stream",
      name,
      "a file that is not packed, to read it in pieces",
      "a gzip file",
      "Unpack it with gunzip.",
    );
  }
  const encoding = plainEncoding(options.encoding ?? "utf-8");
  if (encoding === "utf-16" || (encoding === "utf-8" && (hasUtf16Mark(head) || utf16Order(head)))) {
    const rule = "UTF-8 or windows-1252 text, to read it in pieces";
    throw expectedGot("data/encoding", `${name}:1`, rule, "UTF-16", "Save the file as UTF-8.");
  }
  const start = encoding === "utf-8" && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const opening = encoding === "utf-8" ? new TextDecoder().decode(head) : decodeAs(head, encoding);
  if (opening.trim() === "" && size <= head.length) throw expectedGot("data/empty", name, "at least one row", "an empty file");
  const format = options.format ?? guessFormat(name, opening);
  if (format === null) {
    const hint = "Give the file the extension .tsv, .csv or .jsonl.";
    throw expectedGot("data/format", name, "TSV, CSV or JSONL", "plain lines", hint);
  }
  const delimiter = format === "csv" ? guessDelimiter(opening) : "\t";

  const scanner = scannerOf({ format, delimiter }, 0);
  const records: string[] = [];
  let line = 1;
  await scanFile(source, scanner, { start, encoding }, (record) => {
    const text = decodePiece(record.bytes.subarray(record.start, record.end), encoding, name, record.line);
    // Lines left out come back as empty ones, so that messages name the right line.
    records.push(`${"\n".repeat(record.line - line)}${text}\n`);
    line = scanner.nextLine();
    return records.length <= SAMPLE_ROWS;
  });
  if (records.length === 0) throw expectedGot("data/empty", name, "at least one row", "an empty file");
  const text = records.join("");
  // They are named, or left out, when the whole file is looked through.
  const bad = new BadRows(name);
  if (format === "jsonl") {
    const sample = jsonlTable(text, name, 1, bad);
    if (sample.rows.length === 0) bad.settle(0);
    return { layout: { format, delimiter, columns: sample.columns, header: false, start, encoding }, sample };
  }
  const rows = format === "tsv" ? tsvRows(text, name) : csvRows(text, name, { delimiter, bad });
  const { header, columns } = readHeader(rows, { ...options, bad });
  const data = header ? rows.slice(1) : rows;
  if (data.length === 0) throw noRowsBelow(name, bad);
  const layout: TextLayout = { format, delimiter, columns, header, start, encoding };
  const sound = soundRows(data, columns, name, format, bad);
  if (sound.length === 0) bad.settle(0);
  return { layout, sample: { name, columns, rows: sound } };
}

/** The cells of a record that matter, as text; undefined where JSON has none. */
export interface RecordCells {
  readonly text: string;
  readonly pair: string | undefined;
  readonly label: string | undefined;
}

/** Reads the wanted cells of a scanned record. */
export function cellReader(layout: TextLayout, { text, pair, label }: Columns): (record: ScannedRecord) => RecordCells {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const textOf = (piece: Uint8Array): string =>
    layout.encoding === "utf-8" ? decoder.decode(piece) : decodeAs(piece, layout.encoding, { keepMark: true });
  if (layout.format === "jsonl") {
    const names = [text, pair, label].map((at) => layout.columns[at]);
    return ({ bytes, start, end }) => {
      const value: unknown = JSON.parse(textOf(bytes.subarray(start, end)));
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("no object");
      const cells = value as Readonly<Record<string, unknown>>;
      const cell = (at: number): string => cellText(Object.hasOwn(cells, names[at]) ? cells[names[at]] : undefined);
      return { text: cell(0), pair: pair < 0 ? undefined : cell(1), label: label < 0 ? undefined : cell(2) };
    };
  }
  return ({ bytes, cellStart, cellEnd, escaped }) => {
    const cell = (at: number): string => {
      const decoded = textOf(bytes.subarray(cellStart[at], cellEnd[at]));
      return escaped[at] === 1 ? decoded.replaceAll('""', '"') : decoded;
    };
    return { text: cell(text), pair: pair < 0 ? undefined : cell(pair), label: label < 0 ? undefined : cell(label) };
  };
}
