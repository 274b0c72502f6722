import { CrispError, expectedGot } from "../../errors/index.ts";
import { DEFAULT_TASK, type TaskName } from "../../tasks/index.ts";
import { isParquet, isParquetName, openParquet, type ParquetFile } from "../parquet/parquet.ts";
import { BadRows } from "../table/bad-rows.ts";
import type { ByteSource } from "../table/byte-source.ts";
import { type Columns, chooseColumns } from "../table/columns.ts";
import { taskOfTable, tidyLabel } from "../table/dataset.ts";
import { labelsOf, optionalTask } from "../table/labels-of.ts";
import { readLayout, type TextLayout } from "../tokenize/text-layout.ts";
import type { Dataset, Example, Table } from "../types.ts";
import {
  BLOCK_ROWS,
  type ColumnNames,
  type IndexedFile,
  namedOptions,
  namesOf,
  RowTally,
  type StreamOptions,
} from "./row-index.ts";
import { indexParquet } from "./stream-parquet.ts";
import { indexText } from "./stream-text.ts";

/** Labelled texts that stay on disk: what is in memory is a few bytes for each block of 256 rows. */
export interface StreamedDataset {
  /** Name of the first file, and how many more there are. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Default `single_label_classification`. */
  readonly task?: TaskName;
  readonly columns: ColumnNames;
  /** Over all files. */
  readonly rows: number;
  readonly blockRows: number;
  /** Blocks of up to `blockRows` consecutive rows; the last block of each file may have fewer. */
  readonly blocks: number;
  /** Rows of each class, held-out rows included; words of each, in token classification. */
  readonly counts: readonly number[];
  /** Rows without a label: -1 in a Parquet file of the Hub. */
  readonly unlabelled: number;
  /** Blocks that cost no more to read together than one of them: the first of each group. Absent when each stands alone. */
  readonly groups?: Uint32Array;
  /** Rows held out for evaluation, in file order; absent unless asked for. */
  readonly heldOut?: Dataset;
  /** Whether a row of this dataset is held out. */
  isHeldOut(example: Pick<Example, "index">): boolean;
  /** Rows of a block that are not held out. */
  keptRows(block: number): number;
  /**
   * The examples of a block, held-out ones too: what `readDataset` gives, `index` being the row's number over all files.
   *
   * @throws `data/changed` when the file was changed since; as `readDataset`.
   */
  read(block: number): Promise<Example[]>;
}

type Opened = { readonly source: ByteSource } & (
  | { readonly kind: "parquet"; readonly file: ParquetFile; readonly sample: Table }
  | { readonly kind: "text"; readonly layout: TextLayout; readonly sample: Table }
);

async function open(source: ByteSource, options: StreamOptions): Promise<Opened> {
  const head = await source.read(0, Math.min(4, source.size));
  if (isParquet(head) || isParquetName(source.name)) {
    const file = await openParquet(source);
    if (file.rows === 0) throw expectedGot("data/empty", source.name, "at least one row", "none");
    const blank: Table = { name: source.name, columns: file.columns, rows: [], classNames: file.classNames };
    return { source, kind: "parquet", file, sample: await sampleOf(file, blank, options) };
  }
  const expectedColumns = [options.textColumn, options.pairColumn, options.labelColumn].filter((name) => name !== undefined);
  const { format, header, encoding } = options;
  return { source, kind: "text", ...(await readLayout(source, { format, header, encoding, expectedColumns })) };
}

/** Rows to choose the columns by: where names tell, one row of those columns, else the first 5,000 of all. */
async function sampleOf(file: ParquetFile, blank: Table, options: StreamOptions): Promise<Table> {
  let wanted = file.columns;
  let most = 5000;
  try {
    const { text, pair, label } = chooseColumns(blank, options);
    wanted = file.columns.filter((_, at) => [text, pair, label].includes(at));
    most = 1;
  } catch (error) {
    if (!(error instanceof CrispError)) throw error;
  }
  const read = await file.readRows(0, Math.min(most, file.rows), wanted);
  const rows = read.map((row, at) => ({ line: at + 1, cells: file.columns.map((column) => row[wanted.indexOf(column)]) }));
  return { ...blank, rows };
}

/**
 * Look through files once, so that they can be trained on without being held in memory.
 *
 * Each row is checked as `readDataset` checks it and gives the same messages. What is guessed (format, header, columns) is
 * guessed on the first 5,000 rows of the first file; the other files must have the columns of that name.
 *
 * A file that is not UTF-8 must have its encoding named. Rows that cannot be read are named, or left out, file by file.
 *
 * Held-out rows, if any are asked for, are chosen by the hash of their text (the first one of a pair), so that all rows of a
 * text are on one side, see `HeldOutRows`. Texts that contain each other are not kept together, as `splitDataset` does.
 *
 * @param sources - Files in order: TSV, CSV, JSONL, not packed, or Parquet.
 * @param options - As `readDataset`, and `heldOut`, `onProgress`, `signal`.
 * @returns The dataset; it keeps the sources.
 * @throws As `readDataset`; `data/gzip-stream`, `data/too-many-labels` beyond 10,000 labels, `data/bad-fraction`, `data/split`;
 * the signal's reason.
 * @example
 * const data = await indexRows([blobSource(file, file.name)], { heldOut: { seed: 1 } });
 * await data.read(0); // 256 examples
 */
export async function indexRows(sources: readonly ByteSource[], options: StreamOptions = {}): Promise<StreamedDataset> {
  if (sources.length === 0) throw expectedGot("data/empty", "indexRows", "at least one file", "none");
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  let names: ColumnNames | undefined;
  let classNames: readonly string[] | undefined;
  let tally = new RowTally(options, DEFAULT_TASK);
  const files: IndexedFile[] = [];
  for (const source of sources) {
    const opened = await open(source, options);
    if (names === undefined) {
      const chosen: Columns = chooseColumns(opened.sample, options);
      names = namesOf(opened.sample.columns, chosen, source.name);
      classNames = opened.sample.classNames?.get(names.label ?? "");
      const task = options.task ?? taskOfTable(opened.sample, chosen);
      tally = new RowTally(options, task, names.label === undefined ? [] : classNames);
    } else {
      // The columns of the first file, by name.
      chooseColumns(opened.sample, namedOptions(names, tally.task));
    }
    const known = options.labels ?? classNames;
    const progress = (done: number): void => {
      options.signal?.throwIfAborted();
      options.onProgress?.(before + done, total);
    };
    const bad = new BadRows(source.name, options);
    const file =
      opened.kind === "parquet"
        ? await indexParquet(opened.file, names, tally, known, bad, (rows) => progress((source.size * rows) / opened.file.rows))
        : await indexText(source, opened.layout, names, tally, known, bad, progress);
    bad.settle(file.rows);
    files.push(file);
    before += source.size;
  }
  const name = sources.length === 1 ? sources[0].name : `${sources[0].name} and ${sources.length - 1} more`;
  return assemble(name, files, names!, tally, options);
}

/** Where each file's blocks and rows begin, and the way from a block to its file. */
function assemble(
  name: string,
  files: readonly IndexedFile[],
  columns: ColumnNames,
  tally: RowTally,
  options: StreamOptions,
): StreamedDataset {
  const firstBlock: number[] = [];
  const firstRow: number[] = [];
  let [blocks, rows] = [0, 0];
  for (const file of files) {
    firstBlock.push(blocks);
    firstRow.push(rows);
    blocks += Math.ceil(file.rows / BLOCK_ROWS);
    rows += file.rows;
  }
  const fileOf = (block: number): number => {
    let [low, high] = [0, files.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firstBlock[middle] <= block) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const { task } = tally;
  const counted = tally.labels.finish();
  const unlabelled = columns.label === undefined;
  const { outputNames } = labelsOf(task);
  const found = outputNames?.(columns.label) ?? (unlabelled ? [] : counted.labels);
  const labels = outputNames || unlabelled ? (options.labels ?? found) : found;
  const counts = outputNames ? [rows] : counted.counts;
  const held = tally.heldOut?.finish(name, rows);
  const heldRows = new Set(held?.map(({ row }) => row));
  const heldIn = new Map<number, number>();
  let file = 0;
  for (const row of heldRows) {
    while (file + 1 < files.length && firstRow[file + 1] <= row) file++;
    const block = firstBlock[file] + Math.floor((row - firstRow[file]) / BLOCK_ROWS);
    heldIn.set(block, (heldIn.get(block) ?? 0) + 1);
  }
  const classOf = new Map(labels.map((label, at) => [label, at]));
  const tidied = (label: string): number => classOf.get(label) ?? classOf.get(tidyLabel(label)) ?? -1;
  const classesOf = (names: readonly string[]): number[] => names.map((one) => classOf.get(one) ?? -1);
  const heldOut = held?.map(
    ({ row, text, pair, label, number, names, words }): Example => ({
      index: row,
      text,
      ...(pair !== undefined && { pair }),
      ...(words && { words }),
      label: number ?? (label === undefined ? -1 : tidied(label)),
      ...(names && { labels: classesOf(names) }),
    }),
  );
  const several = optionalTask(task);
  const grouped = files.some(({ groups }) => groups !== undefined);
  const groups = files.flatMap(({ groups, rows }, at) =>
    (groups ?? Array.from({ length: grouped ? Math.ceil(rows / BLOCK_ROWS) : 0 }, (_, block) => block)).map(
      (block) => firstBlock[at] + block,
    ),
  );
  return {
    name,
    labels,
    ...several,
    columns,
    rows,
    blockRows: BLOCK_ROWS,
    blocks,
    counts,
    unlabelled: unlabelled ? rows : tally.unlabelled,
    ...(grouped ? { groups: Uint32Array.from(groups) } : {}),
    ...(heldOut ? { heldOut: { name: `${name} (held out)`, labels, ...several, examples: heldOut, columns } } : {}),
    isHeldOut: ({ index }) => heldRows.has(index),
    keptRows: (block) => {
      const at = fileOf(block);
      const inFile = Math.min(BLOCK_ROWS, files[at].rows - (block - firstBlock[at]) * BLOCK_ROWS);
      return inFile - (heldIn.get(block) ?? 0);
    },
    async read(block) {
      if (!(Number.isInteger(block) && block >= 0 && block < blocks))
        throw expectedGot("data/bad-block", name, `a block from 0 to ${blocks - 1}`, block);
      const at = fileOf(block);
      const examples = await files[at].read(block - firstBlock[at], labels);
      return firstRow[at] === 0 ? examples : examples.map((example) => ({ ...example, index: firstRow[at] + example.index }));
    },
  };
}
