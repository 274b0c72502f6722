import { counted, expectedGot } from "../../errors/index.ts";
import { type CellPlace, filledText, guessTask, type TaskLabels, type TaskName, wordsOf } from "../../tasks/index.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import type { Dataset, Example, Table, TableRow } from "../types.ts";
import { type BadRowOptions, BadRows } from "./bad-rows.ts";
import { type ColumnOptions, type Columns, chooseColumns } from "./columns.ts";
import { type DecodeOptions, decodeText } from "./decode.ts";
import { labelsOf, optionalTask } from "./labels-of.ts";
import { choosePairColumns } from "./pair-columns.ts";
import { parseTable, type TableOptions } from "./table.ts";
import { checkText } from "./table-bounds.ts";

export interface DatasetOptions extends ColumnOptions, DecodeOptions, BadRowOptions, Pick<TableOptions, "format" | "header"> {
  /** Labels seen in training, in class order. Given for validation and test files; any other label is an error. */
  readonly labels?: readonly string[];
  /** Default: as the cells look; see `guessTask`. */
  readonly task?: TaskName;
  /**
   * Keep rows without a label, as examples without one; default false: they are errors. Their label cell is empty, or, where that says
   * something (`TaskLabels.emptyIsLabel`), `null`.
   */
  readonly keepUnlabelled?: boolean;
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
 * @param options - Column names; the labels already known; `skipBadRows`.
 * @returns Examples in file order; `index` counts data rows from 0, those left out not among them.
 * @throws `data/columns` when columns are missing or ambiguous; `data/broken-row`, naming `file:line`, for a row without
 * text or label; `data/unknown-label`, naming `file:line` and the known labels; where several rows are so, one error names them.
 * @example
 * toDataset(parseTable("text,label\nfine,pos\ndull,neg\n", "a.csv")).labels; // ["neg", "pos"]
 */
export function toDataset(table: Table, options: DatasetOptions = {}): Dataset {
  const bad = new BadRows(table.name, options);
  const { dataset } = examplesOf(table, options, bad);
  bad.settle(dataset.examples.length);
  return dataset;
}

/**
 * As `toDataset`, for a caller that settles bad rows itself.
 *
 * @param bad - Takes the rows that cannot be read.
 * @returns The dataset of the others, and the line of each.
 */
export function examplesOf(
  table: Table,
  options: DatasetOptions,
  bad: BadRows,
): { readonly dataset: Dataset; readonly lines: readonly number[] } {
  if (table.rows.length === 0) throw expectedGot("data/empty", table.name, "at least one row", "none");
  const ofPairs = options.task !== undefined && labelsOf(options.task).ofPairs;
  const columns = ofPairs ? choosePairColumns(table, options) : chooseColumns(table, options);
  const task = options.task ?? taskOfTable(table, columns);
  let { rows } = table;
  let { labels, examples } = readRows({ ...table, rows }, columns, task, options, bad);
  if (examples.includes(undefined)) {
    // Once more, as a class that only bad rows have is none.
    rows = rows.filter((_, at) => examples[at] !== undefined);
    ({ labels, examples } = readRows({ ...table, rows }, columns, task, options, bad));
  }
  const dataset: Dataset = {
    name: table.name,
    labels,
    examples: examples as Example[],
    ...optionalTask(task),
    columns: {
      text: table.columns[columns.text],
      pair: columns.pair < 0 ? undefined : table.columns[columns.pair],
      ...(columns.negative !== undefined && { negative: table.columns[columns.negative] }),
      label: columns.label < 0 ? undefined : table.columns[columns.label],
    },
  };
  return { dataset, lines: rows.map(({ line }) => line) };
}

/** The classes of a table, and the example of each row, undefined for a bad one. */
function readRows(
  table: Table,
  columns: Columns,
  task: TaskName,
  { labels: known, keepUnlabelled }: Pick<DatasetOptions, "labels" | "keepUnlabelled">,
  bad: BadRows,
): { readonly labels: readonly string[]; readonly examples: (Example | undefined)[] } {
  const rules = labelsOf(task);
  const unlabelled = columns.label < 0;
  const place = (line: number, at: number): CellPlace => ({ where: `${table.name}:${line}`, column: table.columns[at] });
  const read = (cells: readonly unknown[], line: number, at: number): string =>
    checkText(filledText(cells[at], place(line, at), "text"), `${table.name}:${line}`);
  const classNames = table.classNames?.get(table.columns[columns.label]);
  const tidy = classNames ? (label: string) => label : tidyLabel;
  // Where the file names its classes, an empty label is one that is kept secret.
  const hidden = (cells: readonly unknown[]): boolean => {
    const cell = cells[columns.label];
    if (classNames !== undefined && cell === null) return true;
    return keepUnlabelled === true && (rules.emptyIsLabel ? (cell ?? null) === null : isBlank(cell));
  };
  const namesIn = ({ line, cells }: TableRow): readonly string[] =>
    unlabelled || hidden(cells) ? [] : rules.names(cells[columns.label], place(line, columns.label)).map(tidy);
  const textsIn = ({ line, cells }: TableRow): Pick<Example, "text" | "pair" | "negative" | "words"> => {
    const words = rules.ofWords ? wordsOf(cells[columns.text], place(line, columns.text)) : undefined;
    const text = words ? words.join(" ") : read(cells, line, columns.text);
    const pair = columns.pair < 0 ? undefined : read(cells, line, columns.pair);
    const negative = columns.negative === undefined ? undefined : read(cells, line, columns.negative);
    return { text, ...(pair !== undefined && { pair }), ...(negative !== undefined && { negative }), ...(words && { words }) };
  };
  const parts = table.rows.map((row) => {
    const texts = bad.attempt(row.line, "text", () => textsIn(row));
    const names = texts && bad.attempt(row.line, "label", () => namesIn(row));
    return names && { texts, names };
  });
  const found = (): readonly string[] => {
    if (rules.outputNames) return rules.outputNames(table.columns[columns.label]);
    return unlabelled ? [] : (classNames ?? sortLabels(parts.flatMap((part) => part?.names ?? [])));
  };
  const labels = known ?? found();
  const classOf = new Map(labels.map((label, index) => [label, index]));
  const classAt = (name: string, line: number): number => {
    const at = classOf.get(name);
    if (at !== undefined) return at;
    const hint = "Remove the row, or add examples of that label to the training file.";
    const rule = `a label seen in training (${labels.join(", ")})`;
    throw expectedGot("data/unknown-label", `${table.name}:${line}`, rule, `"${name}"`, hint);
  };
  const examples = table.rows.map(({ line, cells }, index): Example | undefined => {
    const part = parts[index];
    if (!part) return undefined;
    const { texts, names } = part;
    const label = bad.attempt(line, "label", () =>
      rules.of({
        cell: cells[columns.label],
        place: place(line, columns.label),
        classes: names.map((name) => classAt(name, line)),
        words: texts.words,
        unlabelled,
        hidden: hidden(cells),
      }),
    );
    return label && { index, ...texts, ...label };
  });
  return { labels, examples };
}

const isBlank = (cell: unknown): boolean => (cell ?? "") === "" || (typeof cell === "string" && cell.trim() === "");

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
  const bad = new BadRows(name, options);
  const text = await decodeText(bytes, name, options);
  const table = parseTable(text, name, { format: options.format, header: options.header, expectedColumns, bad });
  if (table.rows.length === 0) bad.settle(0);
  const { dataset } = examplesOf(table, options, bad);
  bad.settle(dataset.examples.length);
  return dataset;
}

/**
 * Check that a dataset can train: labelled, and with something to tell apart.
 *
 * @param options.someUnlabelled - Rows without a label are right beside labelled ones, as a teacher speaks of them; default false.
 * @throws `data/one-class` when all rows say the same; `data/columns` when there are no labels.
 */
export function checkTrainable(
  { name, examples, labels, task }: Dataset,
  { someUnlabelled = false }: { readonly someUnlabelled?: boolean } = {},
): void {
  const rules = labelsOf(task);
  const labelled = examples.filter(rules.has);
  if (labelled.length < examples.length && !(someUnlabelled && labelled.length > 0))
    throw expectedGot("data/columns", name, "labelled examples", "a file without labels");
  const seen = new Set(labelled.flatMap(({ label, labels: several = [label] }) => several));
  if (seen.size >= rules.leastDifferent) return;
  const [only] = seen;
  throw tooFew(name, rules, labelled.length, rules.areClasses ? labels[only] : only);
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
