import { DEFAULT_TASK, tasks } from "../../tasks/index.ts";
import { labelsOf } from "../table/labels-of.ts";
import { keysOf } from "../table/summary.ts";
import type { Dataset, Example } from "../types.ts";
import { NearTexts, sketchOf, type TextSketch } from "./near-texts.ts";

/** Examples with their lines in the file. */
export interface PlacedDataset {
  readonly dataset: Dataset;
  readonly lines: readonly number[];
}

/** Rows of one file that stand, or nearly stand, in another place too. */
export interface RepeatedRows {
  readonly rows: number;
  /** The first three: line of the row, and of the one it repeats. */
  readonly examples: readonly { readonly line: number; readonly of: number; readonly text: string }[];
}

/** A text that has several labels. */
export interface Conflict {
  readonly text: string;
  readonly labels: readonly { readonly label: string; readonly lines: readonly number[] }[];
}

export interface Repeats {
  /** Rows that repeat an earlier one, but for case, spaces and punctuation. */
  readonly exact: RepeatedRows;
  /** Rows that nearly repeat an earlier one, see `NearTexts`; of equal texts the first is compared. */
  readonly near: RepeatedRows;
  readonly conflicts: { readonly texts: number; readonly rows: number; readonly examples: readonly Conflict[] };
}

/** Near repeats are looked for among so many texts of a file: a sketch takes some hundred bytes. */
export const MOST_SKETCHES = 100_000;
const EXAMPLES = 3;

class Tally implements RepeatedRows {
  rows = 0;
  readonly examples: { readonly line: number; readonly of: number; readonly text: string }[] = [];

  add(line: number, of: number, text: string): void {
    this.rows++;
    if (this.examples.length < EXAMPLES) this.examples.push({ line, of, text });
  }
}

/** A file whose texts can be looked up. */
export interface IndexedTexts {
  /** Position of the first example with this text. */
  readonly firstOf: ReadonlyMap<string, number>;
  readonly near: NearTexts;
  readonly keys: readonly string[];
}

/**
 * Texts of a file that stand in it more than once, exactly or nearly, and those with different labels.
 *
 * @param data - Examples with their lines.
 * @returns What was found, and an index to find leaks into other files with.
 */
export function findRepeats({ dataset, lines }: PlacedDataset): { readonly repeats: Repeats; readonly index: IndexedTexts } {
  const { examples } = dataset;
  const keys = keysOf(dataset);
  const firstOf = new Map<string, number>();
  const near = new NearTexts();
  const [exact, nearly] = [new Tally(), new Tally()];
  const labelled = new Map<string, Map<string, number[]>>();
  keys.forEach((key, at) => {
    const { text } = examples[at];
    const label = labelText(dataset, examples[at]);
    const first = firstOf.get(key);
    if (first === undefined) {
      firstOf.set(key, at);
      const sketch = firstOf.size <= MOST_SKETCHES ? sketchOf(key) : undefined;
      if (sketch) {
        const like = near.find(sketch);
        if (like !== undefined) nearly.add(lines[at], lines[like], text);
        near.add(sketch, at);
      }
    } else exact.add(lines[at], lines[first], text);
    if (label === undefined) return;
    const of = labelled.get(key) ?? new Map<string, number[]>();
    of.set(label, [...(of.get(label) ?? []), lines[at]].slice(0, EXAMPLES));
    labelled.set(key, of);
  });
  const contested = Array.from(labelled).filter(([, labels]) => labels.size > 1);
  const rows = keys.filter((key) => (labelled.get(key)?.size ?? 0) > 1).length;
  const conflicts = contested.slice(0, EXAMPLES).map(
    ([key, labels]): Conflict => ({
      text: examples[firstOf.get(key)!].text,
      labels: Array.from(labels, ([label, at]) => ({ label, lines: at })),
    }),
  );
  return {
    repeats: { exact, near: nearly, conflicts: { texts: contested.length, rows, examples: conflicts } },
    index: { firstOf, near, keys },
  };
}

/** Rows of one file whose text another file has, exactly or nearly: what is learned there need not be understood here. */
export interface Leak {
  /** Which files these are, by their place among those inspected; the second has the rows. */
  readonly files: readonly [first: number, second: number];
  readonly exact: RepeatedRows;
  readonly near: RepeatedRows;
}

/** A file to look for leaks in, with its place among those inspected. */
export interface IndexedFile extends PlacedDataset {
  readonly file: number;
  readonly index: IndexedTexts;
}

/** @param first - What trains. @param second - What is evaluated; `of` in the examples is a line of the first. */
export function findLeak(first: IndexedFile, second: IndexedFile): Leak {
  const [exact, near] = [new Tally(), new Tally()];
  const sketches = new Map<string, TextSketch | undefined>();
  for (const [at, key] of second.index.keys.entries()) {
    const { text } = second.dataset.examples[at];
    const same = first.index.firstOf.get(key);
    if (same !== undefined) {
      exact.add(second.lines[at], first.lines[same], text);
      continue;
    }
    if (!sketches.has(key) && sketches.size < MOST_SKETCHES) sketches.set(key, sketchOf(key));
    const sketch = sketches.get(key);
    const like = sketch && first.index.near.find(sketch);
    if (like !== undefined) near.add(second.lines[at], first.lines[like], text);
  }
  return { files: [first.file, second.file], exact, near };
}

/** What an example is labelled with, to compare and to show; undefined without a label. */
function labelText({ task = DEFAULT_TASK, labels }: Dataset, example: Example): string | undefined {
  const { has, areClasses } = labelsOf(task);
  if (!has(example)) return undefined;
  if (!areClasses) return String(example.label);
  if (tasks[task].hasOneClass) return labels[example.label];
  const names = (example.labels ?? []).map((at) => labels[at]);
  return tasks[task].perToken ? names.join(" ") : names.sort().join("|");
}
