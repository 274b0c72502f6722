import { expectedGot } from "../../errors/index.ts";
import { labelledTasks } from "../../tasks/index.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import type { Table } from "../types.ts";
import { BadRows } from "./bad-rows.ts";
import { chooseColumns } from "./columns.ts";
import { type DatasetOptions, examplesOf } from "./dataset.ts";
import { decodeText } from "./decode.ts";
import { labelsOf } from "./labels-of.ts";
import { guessFormat, parseTable, type TableFormat, type TableOptions } from "./table.ts";
import { linesOf, RowBounds } from "./table-bounds.ts";

/** One text to classify, and where it came from. */
export interface InputText {
  /** 1-based line of the source. */
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
  /** Where the cell holds a list of words: these; `text` joins them with spaces. */
  readonly words?: readonly string[];
}

/**
 * Read texts to classify: a table as `readDataset` reads it, or, where no format can be told, one text a line.
 *
 * Lines of plain text that are empty are skipped; `line` says where each text stood.
 *
 * @param bytes - File or pipe.
 * @param name - Its name; `stdin` for a pipe.
 * @param options - Column names and format; `format: "lines"` reads every line as a text, whatever it looks like.
 * @returns Texts in file order.
 * @throws As `readDataset`, but for labels, which are not looked at.
 * @example
 * await readTexts(new TextEncoder().encode("where is my refund?\n"), "stdin"); // [{ line: 1, text: "where is my refund?" }]
 */
export async function readTexts(
  bytes: Uint8Array,
  name: string,
  options: Omit<DatasetOptions, "format" | "labels" | "labelled"> & {
    readonly format?: TableOptions["format"] | "lines";
  } = {},
): Promise<InputText[]> {
  const bad = new BadRows(name, options);
  if (isParquet(bytes) || isParquetName(name)) {
    return settledTexts(await parquetTable(bytes, name), { ...options, format: undefined, labelled: false }, bad);
  }
  const content = await decodeText(bytes, name, options);
  const format = options.format ?? guessInputFormat(name, content);
  if (format === "lines") {
    const texts: InputText[] = [];
    const bounds = new RowBounds(name);
    for (const { raw, start, at } of linesOf(content)) {
      const text = raw.replace(/\r$/, "");
      if (text.trim() === "") continue;
      bounds.add(at + 1, 1, content, start, start + text.length);
      texts.push({ line: at + 1, text });
    }
    if (texts.length === 0) throw expectedGot("data/empty", name, "at least one line of text", "none");
    return texts;
  }
  const expectedColumns = [options.textColumn, options.pairColumn].filter((column) => column !== undefined);
  const table = parseTable(content, name, { format, header: options.header, expectedColumns, bad });
  return settledTexts(table, { ...options, format, labelled: false }, bad);
}

function settledTexts(table: Table, options: DatasetOptions, bad: BadRows): InputText[] {
  if (table.rows.length === 0) bad.settle(0);
  const text = table.rows.length > 0 ? chooseColumns(table, options).text : -1;
  const texts = textsOf(table, { ...options, ...(areInWords(table, text) && { task: readsWords }) }, bad);
  bad.settle(texts.length);
  return texts;
}

/** The task whose texts are lists of words. */
export const readsWords = labelledTasks.find((name) => labelsOf(name).ofWords);

/** Whether the first text of a table is a list of words. */
export const areInWords = ({ rows }: Pick<Table, "rows">, text: number): boolean =>
  Array.isArray(rows.find(({ cells }) => (cells[text] ?? undefined) !== undefined)?.cells[text]);

/**
 * The texts of a table, one a row.
 *
 * @param bad - Takes the rows that cannot be read.
 */
export function textsOf(table: Table, options: DatasetOptions, bad: BadRows): InputText[] {
  const { dataset, lines } = examplesOf(table, options, bad);
  return dataset.examples.map(({ text, pair, words }, at) => ({
    line: lines[at],
    text,
    ...(pair === undefined ? {} : { pair }),
    ...(words && { words }),
  }));
}

/** A sentence holds commas and may hold tabs, so without a telling extension only JSON objects are taken for a table. */
export function guessInputFormat(name: string, content: string): TableFormat | "lines" {
  const format = guessFormat(name, content);
  const byExtension = guessFormat(name, "");
  return byExtension ?? (format === "jsonl" ? "jsonl" : "lines");
}
