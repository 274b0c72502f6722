import { CrispError } from "../../errors/index.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import { BadRows } from "../table/bad-rows.ts";
import { type DatasetOptions, examplesOf } from "../table/dataset.ts";
import { decodeFile } from "../table/decode.ts";
import type { TextEncoding } from "../table/encoding.ts";
import { guessDelimiter, guessFormat, parseTable, type TableFormat } from "../table/table.ts";
import type { Dataset, Table } from "../types.ts";

/** A file as far as it can be read. */
export interface ReadTable {
  readonly name: string;
  readonly format: TableFormat | "parquet";
  /** Between the cells of a CSV file. */
  readonly delimiter?: string;
  /** Of a text file. */
  readonly encoding?: TextEncoding;
  /** Neither named nor marked. */
  readonly encodingGuessed?: boolean;
  /** The rows that have all cells. */
  readonly table: Table;
  readonly bad: BadRows;
  /** Examples, and the line of each; absent where the columns cannot be told. */
  readonly read?: { readonly dataset: Dataset; readonly lines: readonly number[] };
  /** Why the columns cannot be told. */
  readonly columnsError?: string;
}

/**
 * Read what can be read of a file: bad rows, and columns that cannot be told, are facts of it and no errors.
 *
 * @param options - As `readDataset`; `skipBadRows` and `onNote` are for who settles `bad`.
 * @throws As `decodeText`, `parseTable` and `parquetTable`, where no table can be had.
 * @example
 * (await readForInspection(bytes, "tickets.csv")).read?.dataset.labels;
 */
export async function readForInspection(bytes: Uint8Array, name: string, options: DatasetOptions = {}): Promise<ReadTable> {
  const bad = new BadRows(name, options);
  if (isParquet(bytes) || isParquetName(name)) {
    const table = await parquetTable(bytes, name);
    return { name, format: "parquet", table, bad, ...withExamples(table, options, bad) };
  }
  const { text, encoding, guessed } = await decodeFile(bytes, name, options);
  const format = options.format ?? guessFormat(name, text) ?? undefined;
  const expectedColumns = [options.textColumn, options.pairColumn, options.labelColumn].filter((column) => column !== undefined);
  const table = parseTable(text, name, { format, header: options.header, expectedColumns, bad });
  if (table.rows.length === 0) bad.settle(0);
  const delimiter = format === "csv" ? guessDelimiter(text) : undefined;
  return {
    name,
    format: format!,
    delimiter,
    encoding,
    encodingGuessed: guessed,
    table,
    bad,
    ...withExamples(table, options, bad),
  };
}

function withExamples(table: Table, options: DatasetOptions, bad: BadRows): Pick<ReadTable, "read" | "columnsError"> {
  try {
    return { read: examplesOf(table, options, bad) };
  } catch (error) {
    if (error instanceof CrispError && error.code === "data/columns") return { columnsError: error.message };
    throw error;
  }
}
