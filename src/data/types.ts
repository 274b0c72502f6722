import type { TaskName } from "../tasks/index.ts";

/** An image that is opened when a batch needs it: a file, or the bytes of one. */
export type ImageReference = {
  /** SHA-256 of the file: the same for exact copies. */
  readonly hash: string;
} & ({ readonly path: string } | { readonly bytes: Uint8Array; readonly name: string });

/** One labelled text (or pair of texts), before tokenising, or a labelled image. */
export interface Example {
  /** Position in the source file's data rows, from 0; names the example for ever. */
  readonly index: number;
  /** Of an image: its path or name. */
  readonly text: string;
  readonly image?: ImageReference;
  readonly pair?: string;
  /** Tasks of pairs: a third text, which does not belong to the other two. */
  readonly negative?: string;
  /** Class index into `Dataset.labels`, −1 without a label; in a regression the number itself, NaN without one. */
  readonly label: number;
  /** Class indices that hold (multi-label), or one a word (token classification). */
  readonly labels?: readonly number[];
  /** Token classification: the words, which `text` joins with spaces. */
  readonly words?: readonly string[];
}

export interface Dataset {
  /** File name or other short name, for messages. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly examples: readonly Example[];
  /** Default `single_label_classification`. */
  readonly task?: TaskName;
  /** Names of the columns that were read, for the summary line; absent for datasets not read from a table. */
  readonly columns?: { readonly text: string; readonly pair?: string; readonly negative?: string; readonly label?: string };
}

/** One tokenised example; of an image, a token for each patch and one for the class, whose ids say nothing. */
export interface Encoded {
  readonly index: number;
  /** As `Example.label`. */
  readonly label: number;
  /** Class indices that hold (multi-label), or one a token, −1 for special tokens and all but a word's first; of pairs see `others`. */
  readonly labels?: readonly number[];
  /** [C] logits of a teacher. */
  readonly teacher?: Float32Array;
  /** Examples of one group share text, and are in one fold; left out, equal tokens make a group. */
  readonly group?: number;
  /** Token classification: which word a token is the first of, else −1. */
  readonly wordOf?: readonly number[];
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
  /** True when the text was longer than the maximum length. */
  readonly truncated: boolean;
  /**
   * Further rows of the example in a batch. Tasks of pairs: the other texts; `labels` then holds a number for each text, equal ones for
   * equal tokens. Other tasks: the further windows of a long text.
   */
  readonly others?: readonly Pick<Encoded, "inputIds" | "tokenTypeIds" | "truncated">[];
  readonly image?: ImageReference;
  /** [C, H, W] of the image, once it is loaded for a batch. */
  readonly pixels?: Float32Array;
  /** Masked language model, once tokens are hidden for a batch: [m] places in `inputIds`, and the tokens that stood there. */
  readonly masked?: { readonly places: Int32Array; readonly labels: Int32Array };
}

/** Padded batch of S examples in B rows, one or several an example; padding always at the end of a row. */
export interface Batch {
  /** B, number of rows. */
  readonly size: number;
  /** [B], where an example has several rows: which example a row belongs to. */
  readonly exampleOf?: Int32Array;
  /** n, tokens a row, padding included. */
  readonly length: number;
  /** [B, n] */
  readonly inputIds: Int32Array;
  /** [B, n] */
  readonly tokenTypeIds: Int32Array;
  /** [B], real tokens a row. */
  readonly lengths: Int32Array;
  /** [B, C, H, W] of images. */
  readonly pixels?: Float32Array;
  /** [S] */
  readonly labels: Float32Array;
  /** [S] `Encoded.labels` of each example; undefined for one without a label, and in tasks of one label. */
  readonly labelSets: readonly (readonly number[] | undefined)[];
  /** [S] `Encoded.teacher` of each example. */
  readonly teacher?: readonly Float32Array[];
  /** Masked language model, M masked tokens: [M] places in `inputIds`, each once, and the token that stood there. */
  readonly masked?: { readonly rows: Int32Array; readonly labels: Int32Array };
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
  /** Names, in class order, of the columns whose cells are classes; Parquet files from the Hub have them. */
  readonly classNames?: ReadonlyMap<string, readonly string[]>;
}
