import { expectedGot, printedJson } from "../../errors/index.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import type { Dataset, Example, LabelTask, Table } from "../types.ts";
import { type ColumnOptions, cellText, chooseColumns } from "./columns.ts";
import { decodeText } from "./decode.ts";
import { type CellPlace, guessTask, namesOf, numberOf, wordsOf } from "./label-cells.ts";
import { guessFormat, parseTable, type TableOptions } from "./table.ts";

export interface DatasetOptions extends ColumnOptions, Pick<TableOptions, "format" | "header"> {
  /** Labels seen in training, in class order. Given for validation and test files; any other label is an error. */
  readonly labels?: readonly string[];
  /** Default: `guessTask`. */
  readonly task?: LabelTask;
}

/** Spreadsheets and pandas print whole numbers as `1.0` once a cell of the column was empty. */
export const tidyLabel = (cell: string): string => cell.trim().replace(/^(-?\d+)\.0+$/, "$1");

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
    const empty = cells[at] === undefined || cells[at] === null || cells[at] === "";
    const got = empty
      ? "nothing"
      : cells[at] instanceof Uint8Array
        ? "bytes"
        : (printedJson(cells[at]) ?? "nothing").slice(0, 80);
    throw expectedGot(
      "data/broken-row",
      `${table.name}:${line}`,
      `${what} in column "${table.columns[at]}"`,
      got,
      "Fill the cell, or remove the row.",
    );
  };
  const task = options.task ?? guessTask(table, columns);
  const unlabelled = columns.label < 0;
  const place = (line: number, at: number): CellPlace => ({ where: `${table.name}:${line}`, column: table.columns[at] });
  const classNames = table.classNames?.get(table.columns[columns.label]);
  const tidy = classNames ? (label: string) => label : tidyLabel;
  // Where the file names its classes, an empty label is one that is kept secret.
  const hidden = (cells: readonly unknown[]): boolean => classNames !== undefined && cells[columns.label] === null;
  const namesIn = (cells: readonly unknown[], line: number): readonly string[] => {
    if (unlabelled || task === "regression" || hidden(cells)) return [];
    if (task === "single_label_classification") return [tidy(read(cells, line, columns.label, "a label"))];
    return namesOf(cells[columns.label], place(line, columns.label)).map(tidy);
  };
  const names = table.rows.map(({ line, cells }) => namesIn(cells, line));
  const found = (): readonly string[] => {
    if (task === "regression") return [unlabelled ? "score" : table.columns[columns.label]];
    return unlabelled ? [] : (classNames ?? sortLabels(names.flat()));
  };
  const labels = options.labels ?? found();
  const classOf = new Map(labels.map((label, index) => [label, index]));
  const classAt = (name: string, line: number): number => {
    const known = classOf.get(name);
    if (known !== undefined) return known;
    const hint = "Remove the row, or add examples of that label to the training file.";
    throw expectedGot(
      "data/unknown-label",
      `${table.name}:${line}`,
      `a label seen in training (${labels.join(", ")})`,
      `"${name}"`,
      hint,
    );
  };
  const examples = table.rows.map(({ line, cells }, index): Example => {
    const words = task === "token_classification" ? wordsOf(cells[columns.text], place(line, columns.text)) : undefined;
    const text = words ? words.join(" ") : read(cells, line, columns.text, "text");
    const pair = columns.pair < 0 ? undefined : read(cells, line, columns.pair, "text");
    const both = { index, text, ...(pair !== undefined && { pair }), ...(words && { words }) };
    if (task === "regression")
      return { ...both, label: unlabelled ? Number.NaN : numberOf(cells[columns.label], place(line, columns.label)) };
    // none of its classes is said to hold, nor not to
    if (task === "multi_label_classification" && hidden(cells)) return { ...both, label: -1 };
    const classes = names[index].map((name) => classAt(name, line));
    if (task === "single_label_classification") return { ...both, label: classes[0] ?? -1 };
    if (words && !unlabelled && classes.length !== words.length) {
      const rule = `as many labels as the ${words.length} words`;
      throw expectedGot("data/broken-row", `${table.name}:${line}`, rule, classes.length, "Mend the row, or remove it.");
    }
    return { ...both, label: -1, labels: unlabelled && words ? words.map(() => -1) : classes };
  });
  return {
    name: table.name,
    labels,
    examples,
    ...(task !== "single_label_classification" && { task }),
    columns: {
      text: table.columns[columns.text],
      pair: columns.pair < 0 ? undefined : table.columns[columns.pair],
      label: columns.label < 0 ? undefined : table.columns[columns.label],
    },
  };
}

/**
 * Read labelled examples out of the bytes of a TSV, CSV or JSONL file, gzipped or not, or of a Parquet file.
 *
 * @param bytes - The file.
 * @param name - Its name: the extension tells the format, messages name it.
 * @param options - See `DatasetOptions`.
 * @returns The dataset.
 * @throws As `decodeText`, `parseTable`, `parquetTable` and `toDataset`.
 * @example
 * const train = await readDataset(new Uint8Array(await file.arrayBuffer()), file.name);
 */
export async function readDataset(bytes: Uint8Array, name: string, options: DatasetOptions = {}): Promise<Dataset> {
  const expectedColumns = [options.textColumn, options.pairColumn, options.labelColumn].filter((column) => column !== undefined);
  if (isParquet(bytes) || isParquetName(name)) return toDataset(await parquetTable(bytes, name), options);
  const text = await decodeText(bytes, name);
  return toDataset(parseTable(text, name, { format: options.format, header: options.header, expectedColumns }), options);
}

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
  options: Omit<DatasetOptions, "format" | "labels" | "labelled"> & { readonly format?: TableOptions["format"] | "lines" } = {},
): Promise<InputText[]> {
  if (isParquet(bytes) || isParquetName(name)) {
    return textsOf(await parquetTable(bytes, name), { ...options, format: undefined, labelled: false });
  }
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
  return textsOf(table, { ...options, format, labelled: false });
}

function textsOf(table: Table, options: DatasetOptions): InputText[] {
  const inWords = table.rows.length > 0 && Array.isArray(table.rows[0].cells[chooseColumns(table, options).text]);
  const { examples } = toDataset(table, { ...options, ...(inWords && { task: "token_classification" as const }) });
  return examples.map(({ index, text, pair, words }) => ({
    line: table.rows[index].line,
    text,
    ...(pair === undefined ? {} : { pair }),
    ...(words && { words }),
  }));
}

/** A sentence holds commas and may hold tabs, so without a telling extension only JSON objects are taken for a table. */
function guessInputFormat(name: string, content: string): TableOptions["format"] | "lines" {
  const format = guessFormat(name, content);
  const byExtension = guessFormat(name, "");
  return byExtension ?? (format === "jsonl" ? "jsonl" : "lines");
}

/**
 * Check that a dataset can train: labelled, and with something to tell apart.
 *
 * @throws `data/one-class` when all rows say the same; `data/columns` when there are no labels.
 */
export function checkTrainable({ name, examples, labels, task = "single_label_classification" }: Dataset): void {
  const lacksLabel = ({ label, labels: several }: Example): boolean => {
    if (task === "regression") return Number.isNaN(label);
    return task === "single_label_classification" ? label < 0 : several === undefined;
  };
  if (examples.some(lacksLabel)) throw expectedGot("data/columns", name, "labelled examples", "a file without labels");
  const several = task === "multi_label_classification" || task === "token_classification";
  const seen = new Set(several ? examples.flatMap(({ labels: own = [] }) => own) : examples.map(({ label }) => label));
  // one class is enough where it may hold or not
  if (seen.size >= 2 || (task === "multi_label_classification" && seen.size === 1)) return;
  const [only] = seen;
  const what = task === "regression" ? "two different numbers" : "two classes";
  throw expectedGot(
    "data/one-class",
    name,
    `at least ${what}`,
    `${examples.length} rows that all say "${task === "regression" ? only : (labels[only] ?? "")}"`,
    task === "regression" ? "Add examples of other values." : "Add examples of another class.",
  );
}

/** The same for data that stay on disk, by what their index knows; throws alike. */
export function checkStreamTrainable({ name, rows, unlabelled, counts, labels, task }: StreamedFacts): void {
  if (unlabelled > 0) {
    const hint = "Give the columns, or remove those rows.";
    throw expectedGot("data/columns", name, "labelled examples", `${unlabelled} of ${rows} rows without a label`, hint);
  }
  if (task === "regression" || counts.filter((count) => count > 0).length >= (task === "multi_label_classification" ? 1 : 2))
    return;
  const only = labels[counts.findIndex((count) => count > 0)] ?? "";
  const hint = "Add examples of another class.";
  throw expectedGot("data/one-class", name, "at least two classes", `${rows} rows that all say "${only}"`, hint);
}

/** What the index of data on disk knows of them. */
export interface StreamedFacts extends Pick<Dataset, "name" | "labels" | "task"> {
  readonly rows: number;
  readonly unlabelled: number;
  /** Rows of each class. */
  readonly counts: readonly number[];
}
