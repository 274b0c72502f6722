// All claims of docs/claims.md, judged on the cells that are there.
import type { Cell } from "../cell-files.ts";
import { allAreBetter, sparserIsBetter, sparsestIsBest } from "./accuracy.ts";
import { dependsOnData } from "./amount-and-noise.ts";
import type { Cells, JudgedClaim } from "./claim.ts";
import { accuracyPoints, average, lossAsGiven, lossAtTemperature, perSeed, runsOf, type Score } from "./comparisons.ts";
import { type Explored, explored, type GlueFigure, glueFigures, notExplored, otherReading } from "./exploratory.ts";
import { gapShrinks, lossIsLower } from "./losses.ts";
import { median, type Saving, savingsOf } from "./operations.ts";
import { rivalsDoAsWell } from "./rivals.ts";
import { featuresAreRobust } from "./robustness.ts";

/** Means over seeds of one arm of a cell. */
export interface ArmMeans {
  readonly arm: string;
  readonly pattern: string;
  readonly seeds: number;
  readonly diverged: number;
  readonly effectiveSparsity: number;
  /** In per cent. */
  readonly accuracy: number;
  /** Standard deviation over seeds, in points. */
  readonly accuracyDeviation: number;
  /** In nats. */
  readonly loss: number;
  /** Null, as `temperature`, where not all runs have one. */
  readonly lossAtTemperature: number | null;
  readonly trainLoss: number;
  readonly temperature: number | null;
  /** Median. */
  readonly seconds: number;
}

export interface CellMeans {
  readonly cell: string;
  readonly texts: number;
  /** Share of the larger class, in per cent. */
  readonly majority: number;
  readonly arms: readonly ArmMeans[];
}

/** Everything that evidence/results says. */
export interface Judgement {
  /** In the order of the page. */
  readonly claims: readonly JudgedClaim[];
  readonly savings: readonly Saving[];
  readonly otherReading: readonly Explored[];
  readonly explored: readonly Explored[];
  readonly notExplored: readonly string[];
  readonly glueFigures: readonly GlueFigure[];
  readonly cells: readonly CellMeans[];
}

/** By their numbers in docs/claims.md; claim 8 is counted, see `savingsOf`. */
export const CLAIMS: Readonly<Record<number, (cells: Cells) => JudgedClaim>> = {
  1: sparserIsBetter,
  2: allAreBetter,
  3: sparsestIsBest,
  4: lossIsLower,
  5: gapShrinks,
  6: dependsOnData,
  7: featuresAreRobust,
  9: rivalsDoAsWell,
};

/** @param found - The cells that were collected. A pure function: the same cells give the same judgement. */
export function judge(found: readonly Cell[]): Judgement {
  const byName = new Map(found.map((cell) => [cell.name, cell]));
  const cells: Cells = (name) => byName.get(name);
  return {
    claims: Object.values(CLAIMS).map((claim) => claim(cells)),
    savings: found.filter(({ name }) => name.startsWith("primary/")).flatMap(savingsOf),
    otherReading: otherReading(cells),
    explored: explored(cells),
    notExplored: notExplored(cells),
    glueFigures: glueFigures(cells),
    cells: found.map(meansOf),
  };
}

function meansOf(cell: Cell): CellMeans {
  const ones = average(cell.labels);
  const mean = (arm: string, score: Score): number[] =>
    runsOf(cell, arm).map((at) => average(cell.labels.map((label, e) => score(cell.positive[at][e], label, cell.runs[at]))));
  return {
    ...{ cell: cell.name, texts: cell.labels.length, majority: 100 * Math.max(ones, 1 - ones) },
    arms: [...new Set(cell.runs.map(({ arm }) => arm))].map((arm): ArmMeans => {
      const own = runsOf(cell, arm).map((at) => cell.runs[at]);
      const accuracies = mean(arm, accuracyPoints);
      const tempered = own.every(({ temperature }) => temperature !== null);
      return {
        ...{ arm, pattern: own[0].pattern, seeds: own.length, diverged: own.filter(({ diverged }) => diverged).length },
        effectiveSparsity: average(own.map(({ effectiveSparsity }) => effectiveSparsity)),
        accuracy: average(accuracies),
        accuracyDeviation: deviation(accuracies),
        loss: average(mean(arm, lossAsGiven)),
        lossAtTemperature: tempered ? average(mean(arm, lossAtTemperature)) : null,
        trainLoss: average(own.map(({ trainLoss }) => trainLoss)),
        temperature: tempered ? average(own.map(({ temperature }) => temperature!)) : null,
        seconds: median(perSeed(cell, arm, ({ seconds }) => seconds)),
      };
    }),
  };
}

function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
