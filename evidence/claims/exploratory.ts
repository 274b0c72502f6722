// What docs/claims.md reports without a verdict word: the other reading, controls, other models, GLUE's own figures.
import { f1Score, matthewsCorrelation } from "../../src/metrics/index.ts";
import type { Cell } from "../cell-files.ts";
import { BASELINE, type Cells, primary, SPARSEST } from "./claim.ts";
import { accuracyPoints, average, crossed, type Finding, judged, runsOf } from "./comparisons.ts";

/** A difference to dense with its uncorrected 95 % interval. */
export interface Explored extends Omit<Finding, "word" | "why"> {
  readonly where: string;
}

/** `topK` ranked over padded positions, on SST-2, beside that over real tokens of the primary grid. */
export const otherReading = (cells: Cells): Explored[] => {
  const padded = toDense(cells, "padded", ["padded128", "padded512"]);
  return padded.length > 0 ? [...padded, ...toDense(cells, primary("sst2"), [SPARSEST])] : [];
};

/** Cells and their arms that no claim of accuracy names. */
const EXPLORED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(["sst2", "cola", "rte", "mrpc"].map((task) => [primary(task), ["block80", "random80", "bottomk80"]])),
  "mpnet/sst2": [SPARSEST, "random80"],
  "mpnet/cola": [SPARSEST, "random80"],
  "all-of-sst2": [SPARSEST],
  "long-texts/reviews": ["block80", "window"],
  "long-texts/documents": ["block80", "window"],
};

export const explored = (cells: Cells): Explored[] =>
  Object.entries(EXPLORED).flatMap(([name, arms]) => toDense(cells, name, arms));

/** What docs/claims.md puts in its order beside the claims and is not there. */
export const notExplored = (cells: Cells): string[] => ["padded", ...Object.keys(EXPLORED)].filter((name) => !cells(name));

function toDense(cells: Cells, name: string, arms: readonly string[]): Explored[] {
  const cell = cells(name);
  if (!cell) return [];
  const contrasts = crossed(
    cell,
    arms.map((arm) => [arm, BASELINE] as const),
    { score: accuracyPoints, unit: "points" },
  );
  // each judged alone, so that no interval is corrected
  return contrasts.map((contrast) => {
    const [{ word: _, why: __, ...finding }] = judged([contrast]);
    return { where: name, ...finding };
  });
}

/** A figure that GLUE reports for a task, over seeds. */
export interface GlueFigure {
  readonly where: string;
  readonly figure: string;
  readonly arm: string;
  readonly mean: number;
}

const GLUE: Readonly<
  Record<string, { readonly figure: string; readonly of: (predicted: number[], actual: number[]) => number }>
> = {
  [primary("cola")]: { figure: "Matthews correlation", of: matthewsCorrelation },
  [primary("mrpc")]: { figure: "F1", of: (predicted, actual) => f1Score(predicted, actual, { positive: 1 }) },
};

export const glueFigures = (cells: Cells): GlueFigure[] =>
  Object.entries(GLUE).flatMap(([where, { figure, of }]) => {
    const cell = cells(where);
    if (!cell) return [];
    const arms = [...new Set(cell.runs.map(({ arm }) => arm))];
    return arms.map((arm) => ({
      where,
      figure,
      arm,
      mean: average(runsOf(cell, arm).map((at) => of(answers(cell, at), [...cell.labels]))),
    }));
  });

const answers = (cell: Cell, at: number): number[] => [...cell.positive[at]].map((p) => Number(p > 0.5));
