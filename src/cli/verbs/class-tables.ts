import type { ClassMetrics } from "../../metrics/index.ts";
import { columns } from "../output.ts";

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

/** Figures of a task on one line: `pearson 0.8812 · spearman 0.8790 · loss 0.4410`. */
export const figuresLine = (figures: Readonly<Record<string, number>>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(" · ");
