import { expectedGot } from "../errors/index.ts";
import { type ColumnOptions, cellText, chooseColumns } from "./columns.ts";
import { decodeText } from "./decode.ts";
import { guessFormat, parseTable, type TableOptions } from "./table.ts";
import type { Dataset, Example, Table } from "./types.ts";

export interface DatasetOptions extends ColumnOptions, Pick<TableOptions, "format" | "header"> {
  /** Labels seen in training, in class order. Given for validation and test files; any other label is an error. */
  readonly labels?: readonly string[];
}

/** Spreadsheets and pandas print whole numbers as `1.0` once a cell of the column was empty. */
const tidyLabel = (cell: string): string => cell.trim().replace(/^(-?\d+)\.0+$/, "$1");

/**
 * Class order of a set of labels: numbers by size, words by code point, so that the same labels give the same classes.
 *
 * @example
 * sortLabels(["10", "9", "2"]); // ["2", "9", "10"]
 * sortLabels(["spam", "ham"]); // ["ham", "spam"]
 */
export function sortLabels(labels: Iterable<string>): string[] {
  const distinct = [...new Set(labels)];
  const numeric = distinct.every((label) => label !== "" && Number.isFinite(Number(label)));
  return distinct.sort((a, b) => (numeric && Number(a) - Number(b)) || (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * Turn a table into labelled examples.
 *
 * @param table - From `parseTable`.
 * @param options - Column names; the labels already known.
 * @returns Examples in file order; `index` counts data rows from 0.
 * @throws `data/columns` when columns are missing or ambiguous; `data/broken-row`, naming `file:line`, for a row without
 * text or label; `data/unknown-label`, naming `file:line` and the known labels.
 * @example
 * toDataset(parseTable("text,label\nfine,pos\ndull,neg\n", "a.csv")).labels; // ["neg", "pos"]
 */
export function toDataset(table: Table, options: DatasetOptions = {}): Dataset {
  if (table.rows.length === 0) throw expectedGot("data/empty", table.name, "at least one row", "none");
  const columns = chooseColumns(table, options);
  const read = (cells: readonly unknown[], line: number, at: number, what: string): string => {
    const cell = cellText(cells[at]);
    if (cell.trim() !== "") return cell;
    const got = cells[at] === undefined || cells[at] === null || cells[at] === "" ? "nothing" : JSON.stringify(cells[at]);
    throw expectedGot(
      "data/broken-row",
      `${table.name}:${line}`,
      `${what} in column "${table.columns[at]}"`,
      got,
      "Fill the cell, or remove the row.",
    );
  };
  const rows = table.rows.map(({ line, cells }) => ({
    line,
    text: read(cells, line, columns.text, "text"),
    pair: columns.pair < 0 ? undefined : read(cells, line, columns.pair, "text"),
    label: columns.label < 0 ? "" : tidyLabel(read(cells, line, columns.label, "a label")),
  }));

  const labels = columns.label < 0 ? (options.labels ?? []) : (options.labels ?? sortLabels(rows.map(({ label }) => label)));
  const classOf = new Map(labels.map((label, index) => [label, index]));
  const examples = rows.map(({ line, text, pair, label }, index): Example => {
    const known = columns.label < 0 ? -1 : classOf.get(label);
    if (known === undefined) {
      throw expectedGot(
        "data/unknown-label",
        `${table.name}:${line}`,
        `a label seen in training (${labels.join(", ")})`,
        `"${label}"`,
        "Remove the row, or add examples of that label to the training file.",
      );
    }
    return pair === undefined ? { index, text, label: known } : { index, text, pair, label: known };
  });
  return {
    name: table.name,
    labels,
    examples,
    columns: {
      text: table.columns[columns.text],
      pair: columns.pair < 0 ? undefined : table.columns[columns.pair],
      label: columns.label < 0 ? undefined : table.columns[columns.label],
    },
  };
}

/**
 * Read labelled examples out of the bytes of a TSV, CSV or JSONL file, gzipped or not.
 *
 * @param bytes - The file.
 * @param name - Its name: the extension tells the format, messages name it.
 * @param options - See `DatasetOptions`.
 * @returns The dataset.
 * @throws As `decodeText`, `parseTable` and `toDataset`.
 * @example
 * const train = await readDataset(new Uint8Array(await file.arrayBuffer()), file.name);
 */
export async function readDataset(bytes: Uint8Array, name: string, options: DatasetOptions = {}): Promise<Dataset> {
  const expectedColumns = [options.textColumn, options.pairColumn, options.labelColumn].filter((column) => column !== undefined);
  const text = await decodeText(bytes, name);
  return toDataset(parseTable(text, name, { format: options.format, header: options.header, expectedColumns }), options);
}

/** One text to classify, and where it came from. */
export interface InputText {
  /** 1-based line of the source. */
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
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
  options: Omit<DatasetOptions, "format" | "labels" | "labelled"> & { readonly format?: TableOptions["format"] | "lines" } = {},
): Promise<InputText[]> {
  const content = await decodeText(bytes, name);
  const format = options.format ?? guessInputFormat(name, content);
  if (format === "lines") {
    const lines = content.split("\n").map((text, at) => ({ line: at + 1, text: text.replace(/\r$/, "") }));
    const texts = lines.filter(({ text }) => text.trim() !== "");
    if (texts.length === 0) throw expectedGot("data/empty", name, "at least one line of text", "none");
    return texts;
  }
  const expectedColumns = [options.textColumn, options.pairColumn].filter((column) => column !== undefined);
  const table = parseTable(content, name, { format, header: options.header, expectedColumns });
  const { examples } = toDataset(table, { ...options, format, labelled: false });
  return examples.map(({ index, text, pair }) => ({
    line: table.rows[index].line,
    text,
    ...(pair === undefined ? {} : { pair }),
  }));
}

/** A sentence holds commas and may hold tabs, so without a telling extension only JSON objects are taken for a table. */
function guessInputFormat(name: string, content: string): TableOptions["format"] | "lines" {
  const format = guessFormat(name, content);
  const byExtension = guessFormat(name, "");
  return byExtension ?? (format === "jsonl" ? "jsonl" : "lines");
}

/**
 * Check that a dataset can train a classifier: labelled, with at least two classes.
 *
 * @throws `data/one-class` when all rows have the same label; `data/columns` when there are no labels.
 */
export function checkTrainable(dataset: Dataset): void {
  if (dataset.examples.some(({ label }) => label < 0)) {
    throw expectedGot("data/columns", dataset.name, "labelled examples", "a file without labels");
  }
  const seen = new Set(dataset.examples.map(({ label }) => label));
  if (seen.size >= 2) return;
  const [only] = seen;
  throw expectedGot(
    "data/one-class",
    dataset.name,
    "at least two classes",
    `${dataset.examples.length} rows that all say "${dataset.labels[only] ?? ""}"`,
    "Add examples of another class.",
  );
}
