import { csvRecords } from "../table/csv.ts";
import type { TableFormat } from "../table/table.ts";
import { linesOf } from "../table/table-bounds.ts";

/** Where something stands in a text: [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How a file is written. */
export interface RowLayout {
  readonly format: TableFormat;
  /** One character. */
  readonly delimiter: string;
}

/**
 * Where the rows of a text stand, without their line breaks, by the line that each starts on; broken ones are left out.
 *
 * @param text - Whole rows.
 * @param firstLine - Line of the file that the text starts on.
 */
export function rowSpans(text: string, firstLine: number, { format, delimiter }: RowLayout): Map<number, Span> {
  const rows = new Map<number, Span>();
  if (format === "csv") {
    csvRecords(text, delimiter, firstLine, ({ line, broken }, start, end) => {
      if (broken === undefined) rows.set(line, { start, end });
    });
    return rows;
  }
  for (const { raw, start, at } of linesOf(text)) {
    const end = start + raw.length - (raw.endsWith("\r") ? 1 : 0);
    if (end > start) rows.set(firstLine + at, { start, end });
  }
  return rows;
}

/**
 * Finds the cell of a column in a row, as it is written there, quotes included; undefined where the row has none.
 *
 * @param column - Its name; `column 2` where the file has no header.
 * @param first - The first row of the file, which may be its header.
 */
export function cellFinder({ format, delimiter }: RowLayout, column: string, first: string): (row: string) => Span | undefined {
  if (format === "jsonl") return (row) => jsonCell(row, column);
  const quotes = format === "csv";
  const head = quotes ? (csvRecords(first, delimiter)[0]?.cells ?? []) : first.split(delimiter);
  const named = head.findIndex((cell) => cell.trim() === column);
  const [, number = 0] = /^column (\d+)$/.exec(column) ?? [];
  const at = named >= 0 ? named : Number(number) - 1;
  return (row) => cells(row, delimiter, quotes)[at];
}

/** Cells of one row as they are written, quotes included. */
function cells(row: string, delimiter: string, quotes: boolean): Span[] {
  const found: Span[] = [];
  let [start, quoted] = [0, false];
  for (let at = 0; at <= row.length; at++) {
    if (quotes && row[at] === '"') quoted = !quoted;
    if (at < row.length && (quoted || row[at] !== delimiter)) continue;
    found.push({ start, end: at });
    start = at + 1;
  }
  return found;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** The value of a key of a JSON object, as it is written; of a key that is there twice, the last one counts. */
function jsonCell(row: string, key: string): Span | undefined {
  let [depth, found, current, start]: [number, Span | undefined, string, number] = [0, undefined, "", -1];
  let [before, end] = ["", 0];
  for (const { 0: token, index } of row.matchAll(JSON_TOKEN)) {
    const closes = depth === 1 && (token === "," || token === "}");
    if (closes && start >= 0) {
      if (current === key) found = { start, end };
      start = -1;
    } else if (depth === 1 && start < 0 && before === ":") start = index;
    else if (depth === 1 && start < 0 && token.startsWith('"')) current = JSON.parse(token) as string;
    if (token === "{" || token === "[") depth++;
    if (token === "}" || token === "]") depth--;
    before = token;
    end = index + token.length;
  }
  return found;
}
