/** One labelled text (or pair of texts), before tokenising. */
export interface Example {
  /** Position in the source file's data rows, from 0; names the example for ever. */
  readonly index: number;
  readonly text: string;
  readonly pair?: string;
  /** Class index into `Dataset.labels`; -1 when the file has no labels. */
  readonly label: number;
}

export interface Dataset {
  /** File name or other short name, for messages. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  /** Names of the columns that were read, for the summary line; absent for datasets not read from a table. */
  readonly columns?: { readonly text: string; readonly pair?: string; readonly label?: string };
}

/** One tokenised example. */
export interface Encoded {
  readonly index: number;
  readonly label: number;
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
  /** True when the text was longer than the maximum length. */
  readonly truncated: boolean;
}

/** Padded batch; padding always at the end of a row. */
export interface Batch {
  /** B, number of examples. */
  readonly size: number;
  /** n, tokens a row, padding included. */
  readonly length: number;
  /** [B, n] */
  readonly inputIds: Int32Array;
  /** [B, n] */
  readonly tokenTypeIds: Int32Array;
  /** [B], real tokens a row. */
  readonly lengths: Int32Array;
  /** [B] */
  readonly labels: Int32Array;
  /** [B], `Example.index` of each row. */
  readonly indices: Int32Array;
}

/** One row of a table, before columns have a meaning. */
export interface TableRow {
  /** Line of the file the row starts on, from 1. */
  readonly line: number;
  /** Strings in TSV and CSV; anything JSON knows, or holes, in JSONL. */
  readonly cells: readonly unknown[];
}

/** A file of rows and named columns. */
export interface Table {
  /** File name, for messages. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}
