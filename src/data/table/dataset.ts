import { counted, expectedGot } from "../../errors/index.ts";
import {
  type CellPlace,
  filledText,
  guessTask,
  labelledTasks,
  type TaskLabels,
  type TaskName,
  wordsOf,
} from "../../tasks/index.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import type { Dataset, Example, Table } from "../types.ts";
import { type ColumnOptions, type Columns, chooseColumns } from "./columns.ts";
import { decodeText } from "./decode.ts";
import { labelsOf, optionalTask } from "./labels-of.ts";
import { guessFormat, parseTable, type TableFormat, type TableOptions } from "./table.ts";

export interface DatasetOptions extends ColumnOptions, Pick<TableOptions, "format" | "header"> {
  /** Labels seen in training, in class order. Given for validation and test files; any other label is an error. */
  readonly labels?: readonly string[];
  /** Default: as the cells look; see `guessTask`. */
  readonly task?: TaskName;
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
  const task = options.task ?? taskOfTable(table, columns);
  const rules = labelsOf(task);
  const unlabelled = columns.label < 0;
  const place = (line: number, at: number): CellPlace => ({ where: `${table.name}:${line}`, column: table.columns[at] });
  const read = (cells: readonly unknown[], line: number, at: number): string => filledText(cells[at], place(line, at), "text");
  const classNames = table.classNames?.get(table.columns[columns.label]);
  const tidy = classNames ? (label: string) => label : tidyLabel;
  // Where the file names its classes, an empty label is one that is kept secret.
  const hidden = (cells: readonly unknown[]): boolean => classNames !== undefined && cells[columns.label] === null;
  const names = table.rows.map(({ line, cells }): readonly string[] =>
    unlabelled || hidden(cells) ? [] : rules.names(cells[columns.label], place(line, columns.label)).map(tidy),
  );
  const found = (): readonly string[] => {
    if (rules.outputNames) return rules.outputNames(table.columns[columns.label]);
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
    const words = rules.ofWords ? wordsOf(cells[columns.text], place(line, columns.text)) : undefined;
    const text = words ? words.join(" ") : read(cells, line, columns.text);
    const pair = columns.pair < 0 ? undefined : read(cells, line, columns.pair);
    const label = rules.of({
      cell: cells[columns.label],
      place: place(line, columns.label),
      classes: names[index].map((name) => classAt(name, line)),
      words,
      unlabelled,
      hidden: hidden(cells),
    });
    return { index, text, ...(pair !== undefined && { pair }), ...(words && { words }), ...label };
  });
  return {
    name: table.name,
    labels,
    examples,
    ...optionalTask(task),
    columns: {
      text: table.columns[columns.text],
      pair: columns.pair < 0 ? undefined : table.columns[columns.pair],
      label: columns.label < 0 ? undefined : table.columns[columns.label],
    },
  };
}

/** What the labels of a table are, as far as its first labelled row says. */
export function taskOfTable(table: Table, columns: Pick<Columns, "text" | "label">): TaskName {
  const first = columns.label < 0 ? undefined : table.rows.find(({ cells }) => (cells[columns.label] ?? undefined) !== undefined);
  return guessTask(first?.cells[columns.label], first?.cells[columns.text]);
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

/** The task whose texts are lists of words. */
export const readsWords = labelledTasks.find((name) => labelsOf(name).ofWords);

/** The texts of a table, one a row. */
export function textsOf(table: Table, options: DatasetOptions): InputText[] {
  const inWords = table.rows.length > 0 && Array.isArray(table.rows[0].cells[chooseColumns(table, options).text]);
  const { examples } = toDataset(table, { ...options, ...(inWords && { task: readsWords }) });
  return examples.map(({ index, text, pair, words }) => ({
    line: table.rows[index].line,
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

/**
 * Check that a dataset can train: labelled, and with something to tell apart.
 *
 * @throws `data/one-class` when all rows say the same; `data/columns` when there are no labels.
 */
export function checkTrainable({ name, examples, labels, task }: Dataset): void {
  const rules = labelsOf(task);
  if (!examples.every(rules.has)) throw expectedGot("data/columns", name, "labelled examples", "a file without labels");
  const seen = new Set(examples.flatMap(({ label, labels: several = [label] }) => several));
  if (seen.size >= rules.leastDifferent) return;
  const [only] = seen;
  throw tooFew(name, rules, examples.length, rules.areClasses ? labels[only] : only);
}

const tooFew = (name: string, { areClasses }: TaskLabels, rows: number, only: unknown = ""): Error =>
  expectedGot(
    "data/one-class",
    name,
    `at least ${areClasses ? "two classes" : "two different numbers"}`,
    `${counted(rows, "row that says", "rows that all say")} "${only}"`,
    areClasses ? "Add examples of another class." : "Add examples of other values.",
  );

/** The same for data that stay on disk, by what their index knows; throws alike. */
export function checkStreamTrainable({ name, rows, unlabelled, counts, labels, task }: StreamedFacts): void {
  if (unlabelled > 0) {
    const hint = "Give the columns, or remove those rows.";
    throw expectedGot(
      "data/columns",
      name,
      "labelled examples",
      `${unlabelled} of ${counted(rows, "row")} without a label`,
      hint,
    );
  }
  const rules = labelsOf(task);
  // an index counts classes; of numbers it cannot say how many differ
  if (!rules.areClasses || counts.filter((count) => count > 0).length >= rules.leastDifferent) return;
  throw tooFew(name, rules, rows, labels[counts.findIndex((count) => count > 0)]);
}

/** What the index of data on disk knows of them. */
export interface StreamedFacts extends Pick<Dataset, "name" | "labels" | "task"> {
  readonly rows: number;
  readonly unlabelled: number;
  /** Rows of each class. */
  readonly counts: readonly number[];
}
