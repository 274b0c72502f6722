import { expectedGot } from "../../errors/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import { textHash } from "../groups/text-hash.ts";
import type { Columns } from "../table/columns.ts";
import type { DatasetOptions } from "../table/dataset.ts";
import { type HeldOutOptions, HeldOutRows } from "../table/held-out-rows.ts";
import { LabelCounter } from "../table/label-counter.ts";
import { labelsOf } from "../table/labels-of.ts";
import type { Dataset, Example } from "../types.ts";

/** Rows a block; consecutive rows are read together. */
export const BLOCK_ROWS = 256;

export interface StreamOptions extends DatasetOptions {
  /** Hold rows out for evaluation; none by default. */
  readonly heldOut?: HeldOutOptions;
  /** Called now and then while the files are looked through: bytes done, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the look through the files. */
  readonly signal?: AbortSignal;
}

/** Names of the columns to read. */
export interface ColumnNames {
  readonly text: string;
  readonly pair?: string;
  readonly label?: string;
}

/** One file that was looked through: what is left in memory is a few bytes a block. */
export interface IndexedFile {
  readonly name: string;
  readonly rows: number;
  /** Blocks that cost no more to read together than one of them; the first block of each such group. Absent: one block each. */
  readonly groups?: readonly number[];
  /**
   * The examples of a block, with `index` counted in this file.
   *
   * @param labels - The classes.
   */
  read(block: number, labels: readonly string[]): Promise<Example[]>;
}

/** What all files add up to, filled while they are looked through. */
export class RowTally {
  readonly labels: LabelCounter;
  readonly heldOut: HeldOutRows | undefined;
  /** Rows so far, over all files. */
  rows = 0;
  /** Rows whose label is kept secret. */
  unlabelled = 0;

  readonly task: TaskName;

  constructor(options: Pick<StreamOptions, "labels" | "heldOut">, task: TaskName, classNames?: readonly string[]) {
    this.task = task;
    this.labels = new LabelCounter(options.labels ?? classNames);
    this.heldOut = options.heldOut && new HeldOutRows(options.heldOut);
  }

  /** Count rows that were read the long way, as tasks other than one class a text need. */
  countExamples({ name, labels, examples }: Dataset): void {
    const { has } = labelsOf(this.task);
    for (const example of examples) {
      const { text, pair, words, label, labels: classes } = example;
      const names = classes?.map((at) => labels[at] ?? "");
      if (!has(example)) this.unlabelled++;
      for (const one of names ?? []) if (one !== "") this.labels.add(one, name, undefined, false);
      if (this.heldOut) {
        const hash = textHash(text);
        if (this.heldOut.wants(hash)) this.heldOut.add(hash, { row: this.rows, text, pair, words, number: label, names });
      }
      this.rows++;
    }
  }
}

/** Numbers that come one by one, 8 bytes each. */
export class GrowingNumbers {
  #numbers = new Float64Array(1024);
  length = 0;

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.length++] = number;
  }

  at(index: number): number {
    return this.#numbers[index];
  }
}

/** The names behind chosen positions, where they are enough to find the columns again. */
export function namesOf(columns: readonly string[], chosen: Columns, file: string): ColumnNames {
  const name = (at: number): string | undefined => {
    if (at < 0) return undefined;
    if (columns.indexOf(columns[at]) === at) return columns[at];
    const hint = "Rename one, or remove it.";
    throw expectedGot("data/columns", file, "columns of different names", `two called "${columns[at]}"`, hint);
  };
  return { text: name(chosen.text)!, pair: name(chosen.pair), label: name(chosen.label) };
}

/** The options that name these columns to `toDataset`. */
export const namedOptions = ({ text, pair, label }: ColumnNames, task: TaskName, labels?: readonly string[]): DatasetOptions => ({
  task,
  textColumn: text,
  pairColumn: pair,
  labelColumn: label,
  labelled: label !== undefined,
  labels,
});
