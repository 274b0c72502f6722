import { expectedGot } from "../../errors/index.ts";
import { type BadRowOptions, BadRows } from "../table/bad-rows.ts";
import { type ColumnOptions, chooseColumns } from "../table/columns.ts";
import type { DecodeOptions } from "../table/decode.ts";
import { areInWords, guessInputFormat, type InputText, readsWords, textsOf } from "../table/read-texts.ts";
import {
  csvRows,
  guessDelimiter,
  jsonlTable,
  noRowsBelow,
  readHeader,
  soundRows,
  type TableFormat,
  tsvRows,
} from "../table/table.ts";
import { LONGEST_ROW_BYTES, rowTooLong } from "../table/table-bounds.ts";
import { decodePiece, pieceTable, scannerOf, type TextLayout } from "../tokenize/text-layout.ts";
import type { Table } from "../types.ts";
import { asUtf8, encodingOf } from "./as-utf8.ts";
import { exactJson } from "./exact-json.ts";
import type { RecordScanner } from "./record-scan.ts";

/** A cell of a row, with the name of its column. */
export type Field = readonly [name: string, cell: unknown];

/** A text to classify, and the whole row that it came in. */
export interface TextRow extends InputText {
  /** All of the row, in its order; none for a plain line. Numbers that JavaScript would round stay as they were written. */
  readonly fields: readonly Field[];
}

/** Texts that are read as they are needed. */
export interface TextRows {
  /** Names of the fields, each once; none for plain lines. Of JSONL those of the first rows: later ones may bring more. */
  readonly fields: readonly string[];
  /** In the order of the source. */
  readonly parts: AsyncIterable<readonly TextRow[]>;
}

/** The columns with the texts; left out, guessed. */
export type TextColumns = Pick<ColumnOptions, "textColumn" | "pairColumn">;

/** How a source is read. */
export type TextReading = DecodeOptions & BadRowOptions;

/** A source whose first rows have been read. */
export interface TextSource {
  /**
   * The texts in some columns. `parts` of one answer only may be read.
   *
   * @throws `data/columns` where there are no such columns; `data/empty`.
   */
  rows(columns: TextColumns): Promise<TextRows>;
}

/** Encoding and columns are guessed on so much of a source. */
export const HEAD_BYTES = 4 << 20;

export interface Piece {
  /** Whole records, and the empty lines between them. */
  readonly bytes: Uint8Array;
  /** Line of the source it starts on, from 1. */
  readonly line: number;
  /** How many records it has; 0 of empty lines alone. */
  readonly records: number;
}

/**
 * Read texts to classify out of bytes that come piece by piece, as `readTexts` reads them out of a whole file, in little memory.
 *
 * Rows before a bad one may have been given when it is met, so not all bad rows of a file are named, but those of one piece.
 *
 * @param chunks - TSV, CSV, JSONL or plain lines, not packed.
 * @param name - Its name: the extension tells the format, messages name it.
 * @param reading - Left out, the encoding is guessed on the first 4 MB, and bad rows are errors.
 * @throws Here, and while the parts are read: as `readTexts`.
 * @example
 * const source = await openTextRows(process.stdin, "stdin");
 * for await (const part of (await source.rows({})).parts) for (const { text, fields } of part) …
 */
export async function openTextRows(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  reading: TextReading = {},
): Promise<TextSource> {
  const written = chunks[Symbol.asyncIterator]();
  const start = await filled(written, new Uint8Array(), HEAD_BYTES);
  const encoding = encodingOf(start, name, reading);
  const bytes = encoding === "utf-8" ? written : asUtf8(start.rest, written, encoding, name);
  const head = encoding === "utf-8" ? start : await filled(bytes, new Uint8Array(), HEAD_BYTES);
  const mark = head.rest[0] === 0xef && head.rest[1] === 0xbb && head.rest[2] === 0xbf ? 3 : 0;
  const opening = new TextDecoder().decode(head.rest);
  const format = guessInputFormat(name, opening);
  const delimiter = format === "csv" ? guessDelimiter(opening) : "\t";
  const scanner = scannerOf({ format: format === "lines" ? "tsv" : format, delimiter }, 0);
  const whole = wholeRecords({ ...head, rest: head.rest.subarray(mark) }, bytes, scanner, name);
  const pieces = withRecords(whole, format === "csv" || format === "tsv" ? 2 : 1);
  const first = (await pieces.next()).value as Piece | undefined;
  if (format === "lines")
    return { rows: async () => ({ fields: [], parts: lines(await filledPiece(first, name), pieces, name) }) };
  return {
    async rows(columns) {
      if (first === undefined) throw expectedGot("data/empty", name, "at least one row", "an empty file");
      return table(first, pieces, new BadRows(name, reading), { format, delimiter }, columns);
    },
  };
}

/** The bytes of a source, read to the end. */
export async function allBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return (await filled(chunks[Symbol.asyncIterator](), new Uint8Array(), Infinity)).rest;
}

/** Adds chunks to some bytes until there are enough, or no more. */
export async function filled(chunks: AsyncIterator<Uint8Array>, rest: Uint8Array, wanted: number) {
  const all = [rest];
  let length = rest.length;
  let ended = false;
  while (length < wanted && !ended) {
    const next = await chunks.next();
    if (next.done) ended = true;
    else {
      all.push(next.value);
      length += next.value.length;
    }
  }
  return { rest: all.length === 1 ? rest : joined(all), ended };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * All bytes of a source, in pieces of whole records: what the scanner leaves of one goes before the next chunk.
 *
 * @param head - Its first bytes, and whether they are all; `chunks` has what follows them.
 * @throws `data/broken-row` for a row longer than 16 MB.
 */
export async function* wholeRecords(
  { rest, ended }: { rest: Uint8Array; ended: boolean },
  chunks: AsyncIterator<Uint8Array>,
  scanner: RecordScanner,
  name: string,
): AsyncGenerator<Piece> {
  for (;;) {
    const line = scanner.nextLine();
    let records = 0;
    const consumed = scanner.scan(rest, ended, ({ start, end, line }) => {
      if (end - start > LONGEST_ROW_BYTES) throw rowTooLong(`${name}:${line}`);
      return ++records > 0;
    });
    if (consumed > 0) yield { bytes: rest.subarray(0, consumed), line, records };
    if (ended) return;
    rest = rest.subarray(consumed);
    // what is left may end with half of "\r\n"
    if (rest.length - 1 > LONGEST_ROW_BYTES) throw rowTooLong(`${name}:${scanner.nextLine()}`);
    // to scan a long row again at each chunk would take the square of its length
    ({ rest, ended } = await filled(chunks, rest, consumed > 0 ? rest.length + 1 : 2 * rest.length + 1));
  }
}

/** Those that have records; the first one has `least`, if there are so many: a header may stand alone where the row below is long. */
async function* withRecords(pieces: AsyncIterable<Piece>, least: number): AsyncGenerator<Piece> {
  let first: Piece | undefined;
  for await (const piece of pieces) {
    const opened = first !== undefined && first.records >= least;
    if (opened && piece.records > 0) yield piece;
    if (opened) continue;
    first = first ? { ...first, bytes: joined([first.bytes, piece.bytes]), records: first.records + piece.records } : piece;
    if (first.records >= least) yield first;
  }
  if (first && first.records > 0 && first.records < least) yield first;
}

async function filledPiece(first: Piece | undefined, name: string): Promise<Piece> {
  if (first !== undefined) return first;
  throw expectedGot("data/empty", name, "at least one line of text", "none");
}

async function* after<Item>(first: Item, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  yield first;
  yield* rest;
}

/** Plain lines, those without text left out. */
async function* lines(first: Piece, pieces: AsyncIterable<Piece>, name: string): AsyncGenerator<readonly TextRow[]> {
  let found = 0;
  for await (const { bytes, line } of after(first, pieces)) {
    const rows = decodePiece(bytes, "utf-8", name, line).split("\n");
    const texts = rows.map((text, at) => ({ line: line + at, text: text.replace(/\r$/, ""), fields: [] }));
    const part = texts.filter(({ text }) => text.trim() !== "");
    found += part.length;
    if (part.length > 0) yield part;
  }
  if (found === 0) throw expectedGot("data/empty", name, "at least one line of text", "none");
}

function table(
  first: Piece,
  pieces: AsyncIterable<Piece>,
  bad: BadRows,
  { format, delimiter }: { readonly format: TableFormat; readonly delimiter: string },
  columns: TextColumns,
): TextRows {
  const { name } = bad;
  const opening = decodePiece(first.bytes, "utf-8", name, first.line);
  const { sample, header } = sampleOf(opening, first.line, bad, format, delimiter, columns);
  const layout: TextLayout = { format, delimiter, columns: sample.columns, header, start: 0, encoding: "utf-8" };
  const reader = rowReader(sample, columns, bad);
  const read = (each: Table, text: string, line: number): readonly TextRow[] => {
    if (format !== "jsonl") return reader.rows(each, ({ cells }) => cells.map((cell, at): Field => [reader.fields[at], cell]));
    const written = text.split("\n");
    return reader.rows(each, (row) => Object.entries(exactJson(written[row.line - line]) as object));
  };
  async function* parts(): AsyncGenerator<readonly TextRow[]> {
    yield read(sample, opening, first.line);
    for await (const { bytes, line } of pieces) {
      const text = decodePiece(bytes, "utf-8", name, line);
      yield read(pieceTable(text, layout, name, line, bad), text, line);
    }
  }
  return { fields: reader.fields, parts: soundParts(parts(), bad) };
}

function sampleOf(
  text: string,
  line: number,
  bad: BadRows,
  format: TableFormat,
  delimiter: string,
  { textColumn, pairColumn }: TextColumns,
): { readonly sample: Table; readonly header: boolean } {
  const { name } = bad;
  if (format === "jsonl") return { sample: jsonlTable(text, name, line, bad), header: false };
  const rows = format === "tsv" ? tsvRows(text, name, line) : csvRows(text, name, { delimiter, firstLine: line, bad });
  const expectedColumns = [textColumn, pairColumn].filter((column) => column !== undefined);
  const { header, columns } = readHeader(rows, { expectedColumns, bad });
  const data = header ? rows.slice(1) : rows;
  if (data.length === 0) throw noRowsBelow(name, bad);
  return { sample: { name, columns, rows: soundRows(data, columns, name, format, bad) }, header };
}

/** The parts of a source, and behind each, or at the end, what `BadRows.settle` says of the rows that are not in them. */
export async function* soundParts(parts: AsyncIterable<readonly TextRow[]>, bad: BadRows): AsyncGenerator<readonly TextRow[]> {
  let kept = 0;
  for await (const part of parts) {
    // a pipe may have no end, so an error does not wait for it
    if (!bad.skips) bad.settle(kept);
    kept += part.length;
    yield part;
  }
  bad.settle(kept);
}

/**
 * Reads the texts of a source's tables, of which the first settles what is read.
 *
 * @param bad - Takes the rows that cannot be read.
 * @throws `data/columns` where columns are missing or ambiguous; what `bad` says where no row of the first can be read.
 */
export function rowReader(sample: Table, columns: TextColumns, bad: BadRows) {
  if (sample.rows.length === 0) bad.settle(0);
  const { text, pair } = chooseColumns(sample, { ...columns, labelled: false });
  const options = {
    textColumn: sample.columns[text],
    ...(pair >= 0 && { pairColumn: sample.columns[pair] }),
    labelled: false,
    ...(areInWords(sample, text) && { task: readsWords }),
  };
  return {
    fields: distinct(sample.columns),
    rows(each: Table, fields: (row: Table["rows"][number]) => readonly Field[]): readonly TextRow[] {
      if (each.rows.length === 0) return [];
      let at = -1;
      return textsOf(each, options, bad).map((input) => {
        do at++;
        while (each.rows[at].line !== input.line);
        return { ...input, fields: fields(each.rows[at]) };
      });
    },
  };
}

/** Two columns may have one name: `x`, `x` become `x`, `x_2`. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let count = 2; taken.has(own) || (own !== name && names.includes(own)); count++) own = `${name}_${count}`;
    taken.add(own);
    return own;
  });
}
