import type { Dataset } from "../data/index.ts";
import type { ClassMetrics } from "../experiments/index.ts";
import { columns } from "./output.ts";

/** Precision, recall and F1 of each class, aligned. */
export function classTable({ classes, macroF1, accuracy }: ClassMetrics): string {
  const rows = classes.map(({ label, support, precision, recall, f1 }) => [
    label,
    ...[precision, recall, f1].map((share) => share.toFixed(3).padStart(9)),
    String(support).padStart(7),
  ]);
  const total = classes.reduce((sum, { support }) => sum + support, 0);
  return columns([
    ["class", "precision", "   recall", "       f1", "support"],
    ...rows,
    ["all", " accuracy", accuracy.toFixed(3).padStart(9), macroF1.toFixed(3).padStart(9), String(total).padStart(7)],
  ]);
}

/** Confusion matrix: a row a true class, a column a predicted one. */
export function confusionTable({ classes, confusion }: ClassMetrics): string {
  const width = Math.max(...classes.map(({ label }) => label.length), ...confusion.flat().map((n) => String(n).length));
  return columns([
    ["true \\ said", ...classes.map(({ label }) => label.padStart(width))],
    ...classes.map(({ label }, row) => [label, ...confusion[row].map((count) => String(count).padStart(width))]),
  ]);
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * The mistakes as CSV, the surest first: data row of the file from 0, label, prediction, its probability, text.
 *
 * @param evaluated - Examples and their class probabilities.
 * @param labels - Class names.
 */
export function errorsCsv(
  { dataset, probabilities }: { readonly dataset: Dataset; readonly probabilities: readonly (readonly number[])[] },
  labels: readonly string[],
): string {
  const wrong = dataset.examples.flatMap((example, at) => {
    const row = probabilities[at];
    const said = row.indexOf(Math.max(...row));
    return said === example.label ? [] : [{ example, said, score: row[said] }];
  });
  wrong.sort((a, b) => b.score - a.score);
  const lines = wrong.map(({ example: { index, label, text, pair }, said, score }) =>
    [String(index), labels[label], labels[said], score.toFixed(4), text, ...(pair === undefined ? [] : [pair])]
      .map(quoted)
      .join(","),
  );
  const header = ["row", "label", "predicted", "score", "text", ...(dataset.examples[0]?.pair === undefined ? [] : ["pair"])];
  return `${[header.join(","), ...lines].join("\n")}\n`;
}
