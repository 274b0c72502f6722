import { type CrispError, counted, expectedGot } from "../../errors/index.ts";
import type { Table, TableRow } from "../types.ts";
import type { BadRows } from "./bad-rows.ts";
import { looksLikeHeader } from "./columns.ts";
import { csvRecords } from "./csv.ts";
import { linesOf, MOST_COLUMNS, RowBounds } from "./table-bounds.ts";

export type TableFormat = "tsv" | "csv" | "jsonl";

export interface TableOptions {
  /** Default: by extension, else by the first line. */
  readonly format?: TableFormat;
  /** Whether the first row names the columns. Default: `looksLikeHeader`. JSONL needs none. */
  readonly header?: boolean;
  /** Column names the caller uses; a first row that holds one of them is a header. */
  readonly expectedColumns?: readonly string[];
  /** Takes rows that cannot be read; left out, the first one is an error. */
  readonly bad?: BadRows;
}

const EXTENSIONS: Readonly<Record<string, TableFormat>> = {
  tsv: "tsv",
  tab: "tsv",
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  json: "jsonl",
};

/** Delimiters a .csv may use; Excel writes semicolons where the comma is the decimal sign. */
const DELIMITERS = [",", ";", "\t", "|"];

/** The delimiter of a .csv: the one that occurs most in the first record. */
export function guessDelimiter(text: string): string {
  // Only what stands outside quotes in the first record counts.
  let quoted = false;
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    else if (char === "\n" && !quoted) break;
    else if (!quoted && counts.has(char)) counts.set(char, counts.get(char)! + 1);
  }
  return DELIMITERS.reduce((best, delimiter) => (counts.get(delimiter)! > counts.get(best)! ? delimiter : best));
}

/** The format by extension (behind an optional `.gz`), else by the first line; `null` for plain lines of text. */
export function guessFormat(name: string, text: string): TableFormat | null {
  const extension = /\.([a-z0-9]+)$/i.exec(name.replace(/\.gz$/i, ""))?.[1].toLowerCase() ?? "";
  if (extension in EXTENSIONS) return EXTENSIONS[extension];
  const start = text.slice(0, 10_000).trimStart();
  if (start.startsWith("{")) return "jsonl";
  const firstLine = start.split("\n", 1)[0];
  if (firstLine.includes("\t")) return "tsv";
  return extension === "txt" || !/[,;|]/.test(firstLine) ? null : "csv";
}

/** GLUE's tab-separated files hold unbalanced quotes, so a quote is a character like any other. */
export function tsvRows(text: string, name: string, firstLine = 1): TableRow[] {
  const rows: TableRow[] = [];
  const bounds = new RowBounds(name);
  for (const { raw, start, at } of linesOf(text)) {
    const row = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (row === "") continue;
    const cells = row.split("\t");
    bounds.add(firstLine + at, cells.length, text, start, start + row.length);
    rows.push({ line: firstLine + at, cells });
  }
  return rows;
}

/**
 * The rows of CSV text, see `csvRecords`.
 *
 * @param bad - Takes rows whose quotes are broken; left out, the first one is an error.
 */
export function csvRows(
  text: string,
  name: string,
  { delimiter = guessDelimiter(text), firstLine = 1, bad }: CsvReading = {},
): TableRow[] {
  const bounds = new RowBounds(name);
  const records = csvRecords(text, delimiter, firstLine, ({ line, cells }, start, end) =>
    bounds.add(line, cells.length, text, start, end),
  );
  return records.filter(({ line, broken }) => {
    if (broken === undefined) return true;
    const rule = "a row whose quotes open and close around whole cells";
    const hint = 'Write a quote inside a quoted cell twice, as "".';
    const error = expectedGot("data/broken-row", `${name}:${line}`, rule, broken, hint);
    if (!bad) throw error;
    bad.add(line, "broken quotes", broken, error);
    return false;
  });
}

interface CsvReading {
  readonly delimiter?: string;
  /** Line of the file that the text starts on; default 1. */
  readonly firstLine?: number;
  readonly bad?: BadRows;
}

/** The object, or what stands there instead. */
function jsonObject(raw: string): object | string {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : raw.trim().slice(0, 40);
  } catch (error) {
    return `invalid JSON (${(error as Error).message})`;
  }
}

const tooManyKeys = (where: string): CrispError =>
  expectedGot(
    "data/broken-row",
    where,
    `at most ${MOST_COLUMNS} different keys in all rows together`,
    "more",
    "A key names a column: give the same one in every row.",
  );

export function jsonlTable(text: string, name: string, firstLine = 1, bad?: BadRows): Table {
  const columns = new Map<string, number>();
  const rows: TableRow[] = [];
  const bounds = new RowBounds(name);
  for (const { raw, start, at } of linesOf(text)) {
    // as when the file stays on disk: other white space is no JSON either
    if (/^[\t-\r ]*$/.test(raw)) continue;
    bounds.add(firstLine + at, 0, text, start, start + raw.length);
    const value = jsonObject(raw);
    if (typeof value === "string") {
      const error = expectedGot("data/broken-row", `${name}:${firstLine + at}`, "one JSON object a line", value);
      if (!bad) throw error;
      bad.add(firstLine + at, "no JSON object", "no JSON object", error);
      continue;
    }
    const cells: unknown[] = [];
    for (const [key, cell] of Object.entries(value)) {
      if (!columns.has(key)) {
        if (columns.size === MOST_COLUMNS) throw tooManyKeys(`${name}:${firstLine + at}`);
        columns.set(key, columns.size);
      }
      cells[columns.get(key)!] = cell;
    }
    rows.push({ line: firstLine + at, cells });
  }
  return { name, columns: [...columns.keys()], rows };
}

/**
 * Read a table of cells out of TSV, CSV or JSONL text.
 *
 * TSV has no quoting at all; CSV has RFC 4180 quoting, with the delimiter (`,` `;` tab `|`) guessed from the first record.
 * Empty lines are skipped. Columns of a file without header are called `column 1`, `column 2`, ….
 *
 * @param text - The file as `decodeText` gives it.
 * @param name - File name, for its extension and for messages.
 * @param options - See `TableOptions`.
 * @returns Columns, and rows with the line each starts on. Every row has as many cells as there are columns, JSONL apart.
 * @throws `data/empty` without any data row; `data/broken-row`, naming `file:line`, for a wrong number of cells, a stray
 * quote or bad JSON; `data/format` when no format can be told.
 * @example
 * parseTable("sentence\tlabel\nfine .\t1\n", "train.tsv").columns; // ["sentence", "label"]
 */
export function parseTable(text: string, name: string, options: TableOptions = {}): Table {
  const format = options.format ?? guessFormat(name, text);
  if (text.trim() === "") throw expectedGot("data/empty", name, "at least one row", "an empty file");
  if (format === null) {
    throw expectedGot(
      "data/format",
      name,
      "TSV, CSV or JSONL",
      "plain lines",
      "Give the file the extension .tsv, .csv or .jsonl.",
    );
  }
  if (format === "jsonl") return jsonlTable(text, name, 1, options.bad);

  const rows = format === "tsv" ? tsvRows(text, name) : csvRows(text, name, { bad: options.bad });
  const { header, columns } = readHeader(rows, options);
  const data = header ? rows.slice(1) : rows;
  if (data.length === 0) throw noRowsBelow(name, options.bad);
  return { name, columns, rows: soundRows(data, columns, name, format, options.bad) };
}

/** What is wrong with a table of a header alone: its broken rows, or that it has none. */
export const noRowsBelow = (name: string, bad?: BadRows): CrispError =>
  bad?.first[0]?.error ?? expectedGot("data/empty", name, "at least one row below the header", "only a header");

/**
 * Whether the first row names the columns, and the columns' names.
 *
 * @throws What `options.bad` says where the first row cannot be read: no other one can take its place.
 */
export function readHeader(
  rows: readonly TableRow[],
  options: Pick<TableOptions, "header" | "expectedColumns" | "bad">,
): { readonly header: boolean; readonly columns: readonly string[] } {
  const broken = options.bad?.first[0];
  if (broken && !(rows[0]?.line < broken.line)) throw broken.error;
  const first = rows[0].cells as readonly string[];
  const header = options.header ?? looksLikeHeader(rows as readonly { cells: readonly string[] }[], options.expectedColumns);
  return { header, columns: first.map((cell, at) => (header && cell.trim()) || `column ${at + 1}`) };
}

/**
 * The rows that have a cell for each column.
 *
 * @param bad - Takes the others.
 * @throws `data/broken-row` for the first other one, where nothing takes it.
 */
export function soundRows(
  rows: readonly TableRow[],
  columns: readonly string[],
  name: string,
  format: TableFormat,
  bad?: BadRows,
): readonly TableRow[] {
  const isSound = ({ cells }: TableRow): boolean => cells.length === columns.length;
  if (rows.every(isSound)) return rows;
  return rows.filter((row) => {
    if (isSound(row)) return true;
    const { line, cells } = row;
    const error = expectedGot(
      "data/broken-row",
      `${name}:${line}`,
      `${counted(columns.length, "cell")} (${columns.join(", ")})`,
      cells.length,
      format === "csv" ? "Quote cells that hold the delimiter." : "Take tabs and line breaks out of the cells.",
    );
    if (!bad) throw error;
    bad.add(line, "a wrong number of cells", `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`, error);
    return false;
  });
}
