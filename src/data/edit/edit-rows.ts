import { type CrispError, expectedGot } from "../../errors/index.ts";
import { filled, HEAD_BYTES, wholeRecords } from "../stream/text-rows.ts";
import { guessDelimiter, guessFormat } from "../table/table.ts";
import { scannerOf } from "../tokenize/text-layout.ts";
import { cellFinder, rowSpans, type Span } from "./row-spans.ts";

/** What becomes of a row. */
export type RowEdit =
  | { readonly drop: true }
  /** The line of another row: its cell is taken over as it is written there, with quotes and JSON types. */
  | { readonly labelOfLine: number };

/** By the line that a row starts on, from 1; in Parquet by its number, from 1. */
export type RowEdits = ReadonlyMap<number, RowEdit>;

/**
 * A TSV, CSV or JSONL file in UTF-8 with other labels and without some rows. All else stays as it is, byte for byte.
 *
 * The file is read twice, a few MB at a time, as cells that are taken over may stand behind the rows that take them.
 *
 * @param open - Reads the file, unpacked, from its start; a byte-order mark may come first.
 * @param name - File name, for its extension and for messages.
 * @param label - Name of the label column; `column 2` where the file has no header.
 * @returns The edited file, piece by piece; the first one comes once all rows of the edits are found.
 * @throws `data/format` for other formats; `data/encoding`; `data/no-row` where no row starts on a line; `data/columns` without that
 * column; `data/broken-row` for a row longer than 16 MB.
 * @example
 * const open = async function* () { yield new TextEncoder().encode("text,label\nfine,bad\npoor,bad\nnice,good\n"); };
 * editRows(open, "a.csv", "label", new Map([[2, { labelOfLine: 4 }], [3, { drop: true }]])); // "text,label\nfine,good\nnice,good\n"
 */
export async function* editRows(
  open: () => AsyncIterable<Uint8Array>,
  name: string,
  label: string,
  edits: RowEdits,
): AsyncGenerator<Uint8Array> {
  const copied = await copiedCells(piecesOf(open(), name, label), name, edits);
  const inOrder = [...edits].sort(([a], [b]) => a - b);
  const encoder = new TextEncoder();
  for await (const piece of piecesOf(open(), name, label)) yield encoder.encode(edited(piece, inOrder, copied));
}

/** The lines whose cells other rows take over. */
export const copiedLines = (edits: RowEdits): ReadonlySet<number> =>
  new Set([...edits.values()].flatMap((edit) => ("labelOfLine" in edit ? [edit.labelOfLine] : [])));

/** The error for an edit of a row that is not there. */
export const noRow = (name: string, line: number): CrispError =>
  expectedGot("data/no-row", `${name}:${line}`, "a row that starts on this line", "none");

/** Whole rows of a file. */
interface Piece {
  readonly text: string;
  /** By line. */
  readonly rows: ReadonlyMap<number, Span>;
  /** The cell of the label. @throws `data/columns` where the row has none. */
  cell(line: number): Span;
}

async function copiedCells(pieces: AsyncIterable<Piece>, name: string, edits: RowEdits): Promise<ReadonlyMap<number, string>> {
  const sources = copiedLines(edits);
  const missing = new Set([...edits.keys(), ...sources]);
  const copied = new Map<number, string>();
  for await (const { text, rows, cell } of pieces) {
    for (const line of missing) {
      if (!rows.has(line)) continue;
      missing.delete(line);
      if (!sources.has(line)) continue;
      const { start, end } = cell(line);
      copied.set(line, text.slice(start, end));
    }
  }
  for (const line of missing) throw noRow(name, line);
  return copied;
}

function edited(
  { text, rows, cell }: Piece,
  edits: readonly (readonly [line: number, edit: RowEdit])[],
  copied: ReadonlyMap<number, string>,
): string {
  let [made, at] = ["", 0];
  for (const [line, edit] of edits) {
    const row = rows.get(line);
    if (!row) continue;
    const { start, end } = "drop" in edit ? withLineBreak(text, row) : cell(line);
    made += text.slice(at, start);
    if ("labelOfLine" in edit) made += copied.get(edit.labelOfLine);
    at = end;
  }
  return made + text.slice(at);
}

/** All of a file; a byte-order mark is a piece without rows. */
async function* piecesOf(chunks: AsyncIterable<Uint8Array>, name: string, label: string): AsyncGenerator<Piece> {
  const noCell = (line: number): never => {
    throw expectedGot("data/columns", `${name}:${line}`, `a cell in the column "${label}"`, "none");
  };
  const rest = chunks[Symbol.asyncIterator]();
  const head = await filled(rest, new Uint8Array(), HEAD_BYTES);
  const mark = head.rest[0] === 0xef && head.rest[1] === 0xbb && head.rest[2] === 0xbf ? 3 : 0;
  if (mark > 0) yield { text: "\uFEFF", rows: new Map(), cell: noCell };
  const body = head.rest.subarray(mark);
  const opening = new TextDecoder().decode(body);
  const format = guessFormat(name, opening);
  if (format === null) throw expectedGot("data/format", name, "TSV, CSV or JSONL", "plain lines");
  const layout = { format, delimiter: format === "csv" ? guessDelimiter(opening) : "\t" };
  let find: ReturnType<typeof cellFinder> | undefined;
  for await (const { bytes, line } of wholeRecords({ ...head, rest: body }, rest, scannerOf(layout, 0), name)) {
    const text = decoded(bytes, name);
    const rows = rowSpans(text, line, layout);
    const written = ({ start, end }: Span): string => text.slice(start, end);
    const [first] = rows.values();
    if (first) find ??= cellFinder(layout, label, written(first));
    yield {
      ...{ text, rows },
      cell(line) {
        const row = rows.get(line)!;
        const { start, end } = find!(written(row)) ?? noCell(line);
        return { start: row.start + start, end: row.start + end };
      },
    };
  }
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw expectedGot("data/encoding", name, "UTF-8 text", "bytes that are not", "Save it as UTF-8, and audit that file.");
  }
}

function withLineBreak(text: string, { start, end }: Span): Span {
  const [lineBreak = ""] = /^(\r\n|\n|\r)/.exec(text.slice(end, end + 2)) ?? [];
  return { start, end: end + lineBreak.length };
}
