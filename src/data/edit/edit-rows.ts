import { expectedGot } from "../../errors/index.ts";
import { csvRecords } from "../table/csv.ts";
import { guessDelimiter, guessFormat } from "../table/table.ts";
import { linesOf } from "../table/table-bounds.ts";

/** What becomes of a row. */
export type RowEdit =
  | { readonly drop: true }
  /** The line of another row: its cell is taken over as it is written there, with quotes and JSON types. */
  | { readonly labelOfLine: number };

/** Where a row stands in the text: [start, end), without its line break. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A TSV, CSV or JSONL text with other labels and without some rows. All else stays as it is, character for character.
 *
 * @param text - The file; a byte-order mark may come first.
 * @param name - File name, for its extension and for messages.
 * @param label - Name of the label column; `column 2` where the file has no header.
 * @param edits - By the line that a row starts on, from 1.
 * @throws `data/format` for other formats; `data/no-row` where no row starts on a line; `data/columns` without that column.
 * @example
 * editRows("text,label\nfine,bad\npoor,bad\nnice,good\n", "a.csv", "label", new Map([[2, { labelOfLine: 4 }], [3, { drop: true }]]));
 * // "text,label\nfine,good\nnice,good\n"
 */
export function editRows(text: string, name: string, label: string, edits: ReadonlyMap<number, RowEdit>): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const body = text.slice(mark.length);
  const format = guessFormat(name, body);
  if (format === null) throw expectedGot("data/format", name, "TSV, CSV or JSONL", "plain lines");
  const delimiter = format === "csv" ? guessDelimiter(body) : "\t";
  const rows = format === "csv" ? csvSpans(body, delimiter) : lineSpans(body);
  const rowAt = (line: number): Span => {
    const found = rows.get(line);
    if (found) return found;
    throw expectedGot("data/no-row", `${name}:${line}`, "a row that starts on this line", "none");
  };
  const column = columnOf(label, body, delimiter, [...rows.values()][0]);
  const cellOf = (line: number): Span => {
    const { start, end } = rowAt(line);
    const raw = body.slice(start, end);
    const cell = format === "jsonl" ? jsonCell(raw, label) : cells(raw, delimiter, format === "csv")[column];
    if (cell) return { start: start + cell.start, end: start + cell.end };
    throw expectedGot("data/columns", `${name}:${line}`, `a cell in the column "${label}"`, "none");
  };
  let [edited, at] = [mark, 0];
  for (const [line, edit] of [...edits].sort(([a], [b]) => a - b)) {
    const { start, end } = "drop" in edit ? withLineBreak(body, rowAt(line)) : cellOf(line);
    edited += body.slice(at, start);
    if ("labelOfLine" in edit) {
      const from = cellOf(edit.labelOfLine);
      edited += body.slice(from.start, from.end);
    }
    at = end;
  }
  return edited + body.slice(at);
}

function csvSpans(body: string, delimiter: string): Map<number, Span> {
  const rows = new Map<number, Span>();
  csvRecords(body, delimiter, 1, ({ line, broken }, start, end) => {
    if (broken === undefined) rows.set(line, { start, end });
  });
  return rows;
}

function lineSpans(body: string): Map<number, Span> {
  const rows = new Map<number, Span>();
  for (const { raw, start, at } of linesOf(body)) {
    const end = start + raw.length - (raw.endsWith("\r") ? 1 : 0);
    if (end > start) rows.set(at + 1, { start, end });
  }
  return rows;
}

function withLineBreak(body: string, { start, end }: Span): Span {
  const [lineBreak = ""] = /^(\r\n|\n|\r)/.exec(body.slice(end, end + 2)) ?? [];
  return { start, end: end + lineBreak.length };
}

/** By the first row; files without a header have columns by number. */
function columnOf(label: string, body: string, delimiter: string, first: Span | undefined): number {
  const raw = first ? body.slice(first.start, first.end) : "";
  const [head = []] = delimiter === "\t" ? [raw.split("\t")] : csvRecords(raw, delimiter).map((record) => record.cells);
  const named = head.findIndex((cell) => cell.trim() === label);
  const [, number] = /^column (\d+)$/.exec(label) ?? [];
  return named >= 0 ? named : Number(number ?? 0) - 1;
}

/** Cells of one row as they are written, quotes included. */
function cells(raw: string, delimiter: string, quotes: boolean): Span[] {
  const found: Span[] = [];
  let [start, quoted] = [0, false];
  for (let at = 0; at <= raw.length; at++) {
    if (quotes && raw[at] === '"') quoted = !quoted;
    if (at < raw.length && (quoted || raw[at] !== delimiter)) continue;
    found.push({ start, end: at });
    start = at + 1;
  }
  return found;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** The value of a key of a JSON object, as it is written; of a key that is there twice, the last one counts. */
function jsonCell(raw: string, key: string): Span | undefined {
  let [depth, found, current, start]: [number, Span | undefined, string, number] = [0, undefined, "", -1];
  let [before, end] = ["", 0];
  for (const { 0: token, index } of raw.matchAll(JSON_TOKEN)) {
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
