import { expectedGot } from "../../errors/index.ts";
import type { ParquetFile } from "../parquet/parquet.ts";
import { copiedLines, noRow, type RowEdits } from "./edit-rows.ts";

/** Rows that are written together. */
const ROWS_AT_ONCE = 1000;

/**
 * A Parquet file as JSONL, with all its columns, other labels and without some rows.
 *
 * Cells are those of `parquetTable`: classes by their names, dates as ISO text, whole numbers that JavaScript would round as text. JSON has
 * neither NaN nor infinities, which become null. One row group is in memory at a time.
 *
 * @param label - Name of the label column.
 * @returns Lines, some at a time; the first come once all rows of the edits are found.
 * @throws `data/no-row` where the file has no such row; `data/columns` without that column, or where two have one name; `data/not-json`
 * for cells of bytes, such as images; as `ParquetFile.readRows`.
 * @example
 * editParquet(await openParquet(source), "label", new Map([[2, { labelOfLine: 4 }]])); // {"text":"fine","label":"good"} …
 */
export async function* editParquet(file: ParquetFile, label: string, edits: RowEdits): AsyncGenerator<Uint8Array> {
  const { name, columns } = file;
  const place = columns.indexOf(label);
  if (place < 0) throw expectedGot("data/columns", name, `a column "${label}"`, columns.join(", "));
  const twice = columns.find((column, at) => columns.indexOf(column) !== at);
  if (twice !== undefined) throw expectedGot("data/columns", name, "columns of different names", `"${twice}" twice`);
  for (const line of [...edits.keys(), ...copiedLines(edits)]) if (!(line >= 1 && line <= file.rows)) throw noRow(name, line);
  const copied = new Map<number, unknown>();
  for (const line of copiedLines(edits)) copied.set(line, (await file.readRows(line - 1, line, [label]))[0][0]);
  const encoder = new TextEncoder();
  for (const { start, rows } of file.groups) {
    const read = await file.readRows(start, start + rows);
    for (let at = 0; at < rows; at += ROWS_AT_ONCE) {
      const lines = read.slice(at, at + ROWS_AT_ONCE).map((cells, below) => {
        const line = start + at + below + 1;
        const edit = edits.get(line);
        if (edit && "drop" in edit) return "";
        const values = edit ? cells.with(place, copied.get(edit.labelOfLine)) : cells;
        return `{${columns.map((column, each) => `${JSON.stringify(column)}:${json(values[each], `${name}:${line}`, column)}`)}}\n`;
      });
      yield encoder.encode(lines.join(""));
    }
  }
}

function json(cell: unknown, where: string, column: string): string {
  return JSON.stringify(cell, (_, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    const hint = "Write the file again without that column, and audit that one.";
    throw expectedGot("data/not-json", where, `a value that JSON has in column "${column}"`, "bytes", hint);
  });
}
