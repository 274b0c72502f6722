import { counted } from "../../errors/index.ts";
import { taskOf } from "../../tasks/index.ts";
import { normaliseText } from "../groups/text-groups.ts";
import type { StreamedDataset } from "../stream/row-stream.ts";
import type { Dataset, Encoded } from "../types.ts";
import { labelsOf } from "./labels-of.ts";

/** One split to summarise. */
export interface SplitInput {
  readonly dataset: Dataset;
  /** As `encodeDataset` gives it; left out, lengths and truncation are not reported. */
  readonly encoded?: readonly Encoded[];
}

/** Tokens an example, special tokens included, after truncation. */
export interface LengthSummary {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

export interface SplitSummary {
  readonly name: string;
  readonly rows: number;
  /** What a row is; default a text. */
  readonly kind?: "image";
  /** In class order. */
  readonly classes: readonly { readonly label: string; readonly count: number }[];
  readonly lengths: LengthSummary | null;
  /** Share of the examples that were cut to the maximum length, in [0, 1]; null without `encoded`. */
  readonly truncated: number | null;
  /** Rows whose text (and pair) stood in an earlier row of the split; null where the data stay on disk. */
  readonly duplicates: number | null;
  /** Those of them that carry another label than the first such row. */
  readonly conflicting: number;
}

export interface DataSummary {
  readonly splits: readonly SplitSummary[];
  /** Rows of the second split whose text (and pair) stands in the first. */
  readonly overlaps: readonly { readonly first: string; readonly second: string; readonly rows: number }[];
  /** Always answering the most frequent class of the first split: its accuracy on the last split, in [0, 1]. */
  readonly majority: { readonly label: string; readonly accuracy: number; readonly on: string } | null;
}

/** The smallest value with at least `share` of the sorted values at or below it. */
const percentile = (sorted: Int32Array, share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

function summariseLengths(encoded: readonly Encoded[]): LengthSummary {
  const sorted = Int32Array.from(encoded, ({ inputIds }) => inputIds.length).sort();
  return {
    mean: sorted.reduce((sum, length) => sum + length, 0) / sorted.length,
    median: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    longest: sorted[sorted.length - 1],
  };
}

/** What texts, or images, are compared by: equal for those that differ in case, spaces and punctuation only. */
export const keysOf = (dataset: Dataset): string[] =>
  dataset.examples.map(({ text, pair, image }) => {
    if (image) return image.hash;
    return pair === undefined ? normaliseText(text) : `${normaliseText(text)}\n${normaliseText(pair)}`;
  });

/** Examples of each class; words, where each has one; none in a regression. */
export const countLabels = (dataset: Dataset): number[] => {
  if (!labelsOf(dataset.task).areClasses) return [];
  const counts = dataset.labels.map(() => 0);
  for (const { label, labels } of dataset.examples) for (const c of labels ?? [label]) if (c >= 0) counts[c]++;
  return counts;
};

/**
 * What one should know of the data before training: sizes, classes, lengths, duplicates, overlap, the majority baseline.
 *
 * Texts are compared as `normaliseText` sees them: case, spaces and punctuation do not count. Images are compared byte by byte.
 *
 * @param splits - Training first, then what it is evaluated on; at least one, none empty.
 * @returns The figures; `renderSummary` prints them.
 * @example
 * renderSummary(summarise([{ dataset: train, encoded }, { dataset: heldOut }])).join("\n");
 */
export function summarise(splits: readonly SplitInput[]): DataSummary {
  const keys = splits.map(({ dataset }) => keysOf(dataset));
  const summaries = splits.map(({ dataset, encoded }, which): SplitSummary => {
    const counts = countLabels(dataset);
    const labelOf = new Map<string, number>();
    let [duplicates, conflicting] = [0, 0];
    keys[which].forEach((key, at) => {
      const { label } = dataset.examples[at];
      const before = labelOf.get(key);
      if (before === undefined) labelOf.set(key, label);
      else {
        duplicates++;
        if (before !== label) conflicting++;
      }
    });
    const measured = encoded !== undefined && encoded.length > 0;
    return {
      name: dataset.name,
      rows: dataset.examples.length,
      ...(dataset.examples[0]?.image && { kind: "image" as const }),
      classes: counts.map((count, index) => ({ label: dataset.labels[index], count })),
      lengths: measured ? summariseLengths(encoded) : null,
      truncated: measured ? encoded.filter(({ truncated }) => truncated).length / encoded.length : null,
      duplicates,
      conflicting,
    };
  });

  const sets = keys.map((list) => new Set(list));
  const overlaps = splits.flatMap((first, a) =>
    splits.slice(a + 1).map((second, offset) => ({
      first: first.dataset.name,
      second: second.dataset.name,
      rows: keys[a + 1 + offset].filter((key) => sets[a].has(key)).length,
    })),
  );

  const [training, evaluated] = [splits[0].dataset, splits[splits.length - 1].dataset];
  const counts = countLabels(training);
  const most = counts.indexOf(Math.max(...counts));
  const hits = evaluated.examples.filter(({ label }) => label === most).length;
  const majority =
    taskOf(training).hasOneClass && counts.length > 0 && counts[most] > 0
      ? { label: training.labels[most], accuracy: hits / evaluated.examples.length, on: evaluated.name }
      : null;
  return { splits: summaries, overlaps, majority };
}

/** As `summarise`, for training data that stay on disk: what their index knows, and what is evaluated. */
export function summariseStreamed(train: StreamedDataset, evaluated: SplitInput): DataSummary {
  const { name, labels, task } = train;
  const held = train.heldOut && countLabels(train.heldOut);
  const counts = labelsOf(task).areClasses ? train.counts.map((count, index) => count - (held?.[index] ?? 0)) : [];
  const rows = train.rows - (train.heldOut?.examples.length ?? 0);
  const classes = counts.map((count, index) => ({ label: labels[index], count }));
  const split = {
    name: train.heldOut ? `${name} (training)` : name,
    rows,
    classes,
    lengths: null,
    truncated: null,
    duplicates: null,
    conflicting: 0,
  };
  const most = counts.indexOf(Math.max(...counts));
  const { examples } = evaluated.dataset;
  const hits = examples.filter(({ label }) => label === most).length;
  const majority = taskOf(train).hasOneClass
    ? { label: labels[most], accuracy: hits / examples.length, on: evaluated.dataset.name }
    : null;
  return { splits: [split, ...summarise([evaluated]).splits], overlaps: [], majority };
}

const grouped = (n: number): string => n.toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
const count = (n: number, what: string): string => counted(grouped(n), what);

const rowOf = ({ kind }: SplitSummary): string => kind ?? "row";

/** More classes than this are counted, not listed. */
const LISTED_CLASSES = 8;

/**
 * A summary as plain lines, one a split, then overlaps and the majority baseline.
 *
 * @example
 * renderSummary(summary); // ["train.tsv  67,349 rows · 2 classes (0 29,780, 1 37,569) · …", …]
 */
export function renderSummary({ splits, overlaps, majority }: DataSummary): string[] {
  const lines = splits.map((split) => {
    const listed = split.classes.map(({ label, count }) => `${label} ${grouped(count)}`).join(", ");
    const parts = [count(split.rows, rowOf(split))];
    if (split.classes.length > 0) {
      parts.push(
        `${counted(split.classes.length, "class", "classes")}${split.classes.length <= LISTED_CLASSES ? ` (${listed})` : ""}`,
      );
    }
    if (split.lengths) {
      const { mean, median, p95, longest } = split.lengths;
      parts.push(`tokens ${mean.toFixed(1)} on average, median ${median}, 95 % within ${p95}, longest ${longest}`);
    }
    const conflict = split.conflicting > 0 ? ` (${grouped(split.conflicting)} with another label)` : "";
    parts.push(split.duplicates === null ? "read as it trains" : `${count(split.duplicates, "duplicate")}${conflict}`);
    if (split.truncated !== null) parts.push(`${percent(split.truncated)} truncated`);
    return `${split.name}  ${parts.join(" · ")}`;
  });
  for (const { first, second, rows } of overlaps) {
    if (rows > 0) lines.push(`${count(rows, rowOf(splits[0]))} of ${second} also ${rows === 1 ? "stands" : "stand"} in ${first}`);
  }
  if (majority)
    lines.push(
      `majority baseline: always "${majority.label}" is right on ${(100 * majority.accuracy).toFixed(1)} % of ${majority.on}`,
    );
  return lines;
}
