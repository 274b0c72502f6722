import { fixed, percent } from "../format.ts";
import type { AxisKind } from "../scale.ts";

const NAMES: Readonly<Record<string, string>> = {
  macroF1: "macro-F1",
  microF1: "micro-F1",
  f1: "F1",
  pearson: "Pearson’s correlation",
  spearman: "Spearman’s correlation",
  mse: "mean squared error",
  subsetAccuracy: "all classes right",
  tokenAccuracy: "word accuracy",
  spearmanr: "Spearman’s correlation",
  matthews_correlation: "Matthews’ correlation",
  combined_score: "GLUE’s combined score",
};

/** A figure's name for people; figures that are new here keep their own. */
export const figureName = (name: string): string => NAMES[name] ?? name;

const isShare = (name: string): boolean => /accuracy$/i.test(name);

/** What an axis of the figure shows. */
export const axisOf = (name: string): AxisKind => (isShare(name) ? "share" : "other");

/** `accuracy 0.912` → `91.2 %`; correlations, F1 and losses stay numbers; what could not be computed is –. */
export const figureText = (name: string, value: number): string => {
  if (!Number.isFinite(value)) return "–";
  return isShare(name) ? percent(value, 1) : fixed(value);
};

/** The same for the ticks of an axis. */
export const figureTick = (name: string, value: number, digits: number): string =>
  isShare(name) ? percent(value, Math.max(0, digits - 2)) : fixed(value, digits);

const MOST_DIGITS = 4;

/** A number of unknown size, e.g. a learning rate: `2.0e-5`. */
export const smallTick = (value: number, digits: number): string =>
  digits <= MOST_DIGITS ? fixed(value, digits) : value === 0 ? "0" : value.toExponential(1);
