import { escapeControls } from "../../errors/index.ts";
import type { ClassMetrics } from "../../metrics/index.ts";
import { columns, cut, PAGE_WIDTH } from "../output.ts";

/** Beside longer names the figures would not fit. */
const LONGEST_LABEL = { table: 36, matrix: 24 };

/** Precision, recall and F1 of each class, aligned. */
export function classTable({ classes, macroF1, accuracy }: ClassMetrics): string {
  const rows = classes.map(({ label, support, precision, recall, f1 }) => [
    cut(label, LONGEST_LABEL.table),
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

/** Confusion matrix: a row a true class, a column a predicted one; names are shortened where they would not fit 80 columns. */
export function confusionTable({ classes, confusion }: ClassMetrics): string {
  const [labels, counts] = [
    classes.map(({ label }) => escapeControls(label).length),
    confusion.flat().map((n) => String(n).length),
  ];
  const narrowest = Math.max(...counts, 2);
  // two spaces before each column, as `columns` sets them
  const inRow = Math.min(LONGEST_LABEL.matrix, Math.max(...labels, 11), PAGE_WIDTH - 2 - classes.length * (narrowest + 2));
  const room = Math.floor((PAGE_WIDTH - 2 - inRow) / classes.length) - 2;
  const width = Math.max(narrowest, Math.min(Math.max(...labels), room));
  return columns([
    [cut("true \\ said", inRow), ...classes.map(({ label }) => cut(label, width).padStart(width))],
    ...classes.map(({ label }, row) => [cut(label, inRow), ...confusion[row].map((count) => String(count).padStart(width))]),
  ]);
}

/** Figures of a task on one line: `pearson 0.8812 · spearman 0.8790 · loss 0.4410`. */
export const figuresLine = (figures: Readonly<Record<string, number>>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(" · ");
