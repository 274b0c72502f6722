import { type CrispError, expectedGot } from "../../errors/index.ts";

/** A longer row is not one: a quote or line break is missing. Its tokens alone would take a gigabyte. */
export const LONGEST_ROW_BYTES = 16 << 20;

/** Spreadsheets have no more. What is made for each column, from a row of delimiters alone, would take hundreds of times its bytes. */
export const MOST_COLUMNS = 16_384;

/** V8 has no longer string; text that is unpacked stops here too. */
export const MOST_TEXT_BYTES = 2 ** 29 - 24;

/** Of rows in memory, as `RowBounds` reckons them: V8's heap ends the process near 4 GB. */
const MOST_TABLE_BYTES = 3e9;
/** Objects and pointers of a row and of a cell, measured in Node 24. */
const ROW_BYTES = 160;
const CELL_BYTES = 40;

const encoder = new TextEncoder();
/** Whether a text takes more bytes than a row may; a UTF-16 unit takes at most 3. */
const isTooLong = (text: string, start: number, end: number): boolean =>
  3 * (end - start) > LONGEST_ROW_BYTES && encoder.encode(text.slice(start, end)).length > LONGEST_ROW_BYTES;

/** @param where - The file and the line. */
export const rowTooLong = (where: string): CrispError =>
  expectedGot(
    "data/broken-row",
    where,
    `a row of at most ${LONGEST_ROW_BYTES >> 20} MB`,
    "a longer one",
    "Close its quotes, or break the line.",
  );

export const textTooLarge = (name: string): CrispError =>
  expectedGot(
    "data/too-large",
    name,
    `at most ${Math.floor(MOST_TEXT_BYTES / 1e6)} MB of text to read into memory`,
    "more",
    "Take a part of it, or train with --streaming on the unpacked file.",
  );

/**
 * A cell that is a row's text, wherever it comes from: Parquet has no lines.
 *
 * @throws `data/broken-row`.
 */
export function checkText(text: string, where: string): string {
  if (isTooLong(text, 0, text.length)) throw rowTooLong(where);
  return text;
}

/** Holds the rows of one table that is read into memory to what memory has room for. */
export class RowBounds {
  readonly #name: string;
  #bytes = 0;
  #rows = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Count a row.
   *
   * @param text - What it is part of.
   * @throws `data/broken-row` for a row of more than 16 MB in UTF-8 or 16,384 cells, `data/too-large` for more rows than memory holds.
   */
  add(line: number, cells: number, text: string, start: number, end: number): void {
    if (isTooLong(text, start, end)) throw rowTooLong(`${this.#name}:${line}`);
    if (cells > MOST_COLUMNS) {
      const hint = "Is the delimiter right? Leave out columns that nothing is learned from.";
      throw expectedGot("data/broken-row", `${this.#name}:${line}`, `a row of at most ${MOST_COLUMNS} cells`, cells, hint);
    }
    this.#rows++;
    this.#bytes += ROW_BYTES + CELL_BYTES * cells;
    if (this.#bytes <= MOST_TABLE_BYTES) return;
    const hint = "Take a part of it, or train with --streaming.";
    throw expectedGot("data/too-large", this.#name, "a table that memory has room for", `more than ${this.#rows} rows`, hint);
  }
}

/** The lines of a text and where each begins; unlike `split`, it makes no list, which a file of line breaks would overflow. */
export function* linesOf(text: string): Generator<{ readonly raw: string; readonly start: number; readonly at: number }> {
  let start = 0;
  for (let at = 0; ; at++) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    yield { raw: text.slice(start, end), start, at };
    if (newline < 0) return;
    start = end + 1;
  }
}
