// Differences of two arms, their intervals and their words, as docs/claims.md and docs/statistics.md say.
import { expectedGot } from "../../src/errors/index.ts";
import { atTemperature, logLoss } from "../../src/metrics/index.ts";
import {
  type CrossedBootstrap,
  components,
  critical,
  crossedBootstrap,
  type DecidedWord,
  decide,
  FEWEST_SEEDS,
  type HolmClaim,
  holmLevels,
  type Interval,
  meanInterval,
  PLANNED_EFFECTS,
  power,
  type Spread,
  studentCdf,
  ZONE,
} from "../../src/studies/index.ts";
import type { Cell, RunRow } from "../cell-files.ts";

/** Half-width of "no difference" for losses and gaps, in nats. */
export const LOSS_ZONE = 0.005;

export type Word = DecidedWord | "no verdict";

/** One difference with its interval. */
export interface Finding {
  /** Arm that is looked at, and what its difference is taken to. */
  readonly what: string;
  readonly unit: "points" | "nats";
  readonly word: Word;
  readonly mean: number;
  /** At `level`, which Holm's correction sets. */
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** 90 %, not corrected. */
  readonly low90: number;
  readonly high90: number;
  /** Paired seeds; of unpaired samples the smaller number. */
  readonly seeds: number;
  /** Measured, of the arm; left out where two cells are compared. */
  readonly effectiveSparsity?: number;
  /** Chance that a true difference of so many points is called supported; left out for other units. */
  readonly power?: readonly { readonly effect: number; readonly power: number }[];
  /** Why there is no verdict. */
  readonly why?: string;
}

/** A difference to be judged in a family of claims. */
export interface Contrast extends HolmClaim {
  readonly what: string;
  readonly unit: "points" | "nats";
  readonly seeds: number;
  readonly effectiveSparsity?: number;
  readonly spread?: Spread;
  /** Says why the difference can have no word. */
  readonly why?: string;
}

/** Mean of numbers. */
export const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Places of an arm's runs in `cell.runs`, seeds ascending; empty where the cell has no such arm. */
export const runsOf = ({ runs }: Cell, arm: string): number[] =>
  runs
    .map((run, at) => ({ run, at }))
    .filter(({ run }) => run.arm === arm)
    .sort((a, b) => a.run.seed - b.run.seed)
    .map(({ at }) => at);

/** One number of each run of an arm, seeds ascending, [S]. */
export const perSeed = (cell: Cell, arm: string, of: (run: RunRow) => number): number[] =>
  runsOf(cell, arm).map((at) => of(cell.runs[at]));

/** What one answer is worth: `p` is the probability of class 1. */
export type Score = (p: number, label: number, run: RunRow) => number;

/** 100 where the answer is right; of equal probabilities class 0 is the answer. */
export const accuracyPoints: Score = (p, label) => 100 * Number(Number(p > 0.5) === label);

/** −ln p(label), in nats. */
export const lossAsGiven: Score = (p, label) => logLoss(label === 1 ? p : 1 - p);

/** The same at the temperature that was fitted on the selection split. @throws `evidence/no-temperature`. */
export const lossAtTemperature: Score = (p, label, { temperature, arm, seed }) => {
  if (temperature === null) throw expectedGot("evidence/no-temperature", `${arm}, seed ${seed}`, "a fitted temperature", "none");
  return logLoss(atTemperature([[1 - p, p]], temperature)[0][label]);
};

/** score(arm) − score(other) of each seed and text, [S, N] row-major. */
export function differences(cell: Cell, arm: string, other: string, score: Score): Float64Array {
  const pairs = runsOf(cell, arm).map((at, s) => [at, runsOf(cell, other)[s]]);
  const of = (at: number, e: number): number => score(cell.positive[at][e], cell.labels[e], cell.runs[at]);
  return Float64Array.from(pairs.flatMap(([a, b]) => cell.labels.map((_, e) => of(a, e) - of(b, e))));
}

/** Whether each run of an arm answers all texts alike, so that there is nothing to be compared with. */
const saysOneClass = (cell: Cell, arm: string): boolean =>
  runsOf(cell, arm).every((at) => new Set([...cell.positive[at]].map((p) => p > 0.5)).size === 1);

/**
 * Differences within one cell, for new seeds and new texts: crossed bootstrap.
 *
 * @param pairs - Arm and what it is compared to.
 * @param sign - −1 turns the difference round: a loss that is lower counts as more.
 */
export function crossed(
  cell: Cell,
  pairs: readonly (readonly [arm: string, other: string])[],
  { score, unit, sign = 1 }: { readonly score: Score; readonly unit: Contrast["unit"]; readonly sign?: 1 | -1 },
): Contrast[] {
  const seeds = cell.facts.seeds.length;
  const matrices = pairs.map(([arm, other]) => differences(cell, arm, other, score).map((d) => sign * d));
  return crossedBootstrap(matrices, { seeds }).map((boot: CrossedBootstrap, at): Contrast => {
    const [arm, other] = pairs[at];
    return {
      ...boot,
      what: sign === 1 ? `${arm} − ${other}` : `${other} − ${arm}`,
      unit,
      seeds,
      effectiveSparsity: average(perSeed(cell, arm, (run) => run.effectiveSparsity)),
      ...(unit === "points" && { spread: boot.components }),
      ...(saysOneClass(cell, other) && { why: `${other} gives all texts one class in each run` }),
    };
  });
}

/** Differences that are one number a seed, these texts held fixed: Student's interval. */
export function overSeeds(of: Pick<Contrast, "what" | "unit" | "effectiveSparsity">, values: readonly number[]): Contrast {
  const seeds = values.length;
  const found = components(Float64Array.from(values), seeds);
  return {
    ...{ ...of, seeds, components: found },
    interval: (level) => meanInterval(values, level),
    pValue: () => twoSided(found.mean, Math.sqrt(found.betweenSeeds / seeds), seeds - 1),
  };
}

/**
 * mean(a) − mean(b) of two samples of seeds that are not paired: Welch's interval.
 *
 * Error √(s²a / A + s²b / B), degrees of freedom by Welch and Satterthwaite.
 */
export function welch(of: Pick<Contrast, "what" | "unit">, a: readonly number[], b: readonly number[]): Contrast {
  const [partA, partB] = [a, b].map(
    (values) => components(Float64Array.from(values), values.length).betweenSeeds / values.length,
  );
  const error = Math.sqrt(partA + partB);
  const freedom = error > 0 ? (partA + partB) ** 2 / (partA ** 2 / (a.length - 1) + partB ** 2 / (b.length - 1)) : 1;
  const mean = average(a) - average(b);
  return {
    ...{ ...of, seeds: Math.min(a.length, b.length), components: { mean } },
    interval(level) {
      const half = error > 0 ? critical(level, freedom) * error : 0;
      return { low: mean - half, high: mean + half };
    },
    pValue: () => twoSided(mean, error, freedom),
  };
}

const twoSided = (mean: number, error: number, freedom: number): number =>
  error > 0 ? 2 * studentCdf(-Math.abs(mean) / error, freedom) : Number(mean === 0);

/**
 * Judge contrasts that stand in one row of docs/claims.md: Holm over all of them.
 *
 * @param zone - Half-width of "no difference", in their unit.
 */
export function judged(family: readonly Contrast[], zone = family[0]?.unit === "nats" ? LOSS_ZONE : ZONE): Finding[] {
  const levels = holmLevels(family);
  const first = 1 - 0.05 / family.length;
  return family.map((contrast, at): Finding => {
    const { what, unit, seeds, effectiveSparsity, spread } = contrast;
    const corrected = contrast.interval(levels[at]);
    const ninety = contrast.interval(0.9);
    const why = contrast.why ?? (seeds < FEWEST_SEEDS ? `fewer than ${FEWEST_SEEDS} seeds` : undefined);
    return {
      ...{ what, unit, word: why === undefined ? decide(corrected, ninety, zone) : "no verdict" },
      ...{ mean: contrast.components.mean, ...corrected, level: levels[at], ...ninetyOf(ninety), seeds },
      ...(effectiveSparsity !== undefined && { effectiveSparsity }),
      ...(spread && { power: PLANNED_EFFECTS.map((effect) => ({ effect, power: power(spread, seeds, effect, first) })) }),
      ...(why !== undefined && { why }),
    };
  });
}

export const ninetyOf = ({ low, high }: Interval): Pick<Finding, "low90" | "high90"> => ({ low90: low, high90: high });

/**
 * The word of a claim that several findings have to support.
 *
 * @returns "supported" if all are, "contradicted" if one is, "no difference" if all are that, "no verdict" if one has none; else
 *   "undecided".
 */
export function together(words: readonly Word[]): Word {
  if (words.includes("no verdict")) return "no verdict";
  if (words.includes("contradicted")) return "contradicted";
  const [first] = words;
  return words.every((word) => word === first) ? first : "undecided";
}
