import type { RunRecord } from "../../runs/index.ts";
import { components } from "./components.ts";
import { levelsAt } from "./looks.ts";
import { power, type Spread } from "./power.ts";
import { accuracyDifferences } from "./study-results.ts";
import { FEWEST_SEEDS } from "./verdict.ts";

/** True differences whose power is told before a study, in points. */
const EFFECTS = [0.5, 1];

/**
 * Spread of paired differences that is assumed where no run tells it: 0.4 points from seed to seed, and one text in 80 that an arm and
 * dense always answer differently. With SST-2's 872 sentences 10 seeds then find +0.97
 * points in about two studies of three, if that is the one claim.
 */
const ASSUMED: Omit<Spread, "examples"> = { betweenSeeds: 0.4 ** 2, exampleEffect: 100 ** 2 / 80 };

/** What a study can see, before it starts. */
export interface Outlook {
  /** Paired seeds whose runs tell the spread; null where it is assumed. */
  readonly from: number | null;
  readonly chances: readonly {
    /** True difference to the baseline, in points. */
    readonly effect: number;
    /** Chance that it is called supported, in [0, 1]. */
    readonly power: number;
  }[];
}

/**
 * The power that a study will have, see `power`, at the level of the first of its claims.
 *
 * @param plan.seeds - Of each arm when it is finished.
 * @param plan.examples - Of the reported split.
 * @param earlier - Finished runs of the same arms on the same reported split. Their spread, the mean over claims, is taken from five paired
 *   seeds on; below that it is assumed.
 * @returns Null where no verdict will be given: without claims, and below five seeds.
 */
export function outlook(
  plan: {
    readonly seeds: number;
    readonly examples: number;
    readonly looks: readonly number[];
    readonly claims: readonly string[];
    readonly baseline: string;
  },
  earlier: readonly RunRecord[],
): Outlook | null {
  const { seeds, examples, looks, claims, baseline } = plan;
  if (claims.length === 0 || seeds < FEWEST_SEEDS) return null;
  const found = spreadOf(earlier, claims, baseline);
  const level95 = levelsAt(looks, seeds)?.level95 ?? 0.95;
  const level = 1 - (1 - level95) / claims.length;
  const spread = found ?? { ...ASSUMED, examples };
  return {
    from: found?.seeds ?? null,
    chances: EFFECTS.map((effect) => ({ effect, power: power(spread, seeds, effect, level) })),
  };
}

/** Means over the claims; undefined where fewer seeds than a verdict needs have runs of all of them. */
function spreadOf(
  runs: readonly RunRecord[],
  claims: readonly string[],
  baseline: string,
): (Spread & { readonly seeds: number }) | undefined {
  const arms = new Map([baseline, ...claims].map((arm) => [arm, new Map<number, RunRecord>()]));
  for (const run of runs) arms.get(run.arm)?.set(run.seed, run);
  const seeds = [...arms.get(baseline)!.keys()].filter((seed) => [...arms.values()].every((own) => own.has(seed)));
  if (seeds.length < FEWEST_SEEDS) return undefined;
  const of = (arm: string): RunRecord[] => seeds.map((seed) => arms.get(arm)!.get(seed)!);
  const parts = claims.map((arm) => components(accuracyDifferences(of(arm), of(baseline)), seeds.length));
  const mean = (value: (part: (typeof parts)[number]) => number) =>
    parts.reduce((sum, part) => sum + value(part), 0) / parts.length;
  return {
    seeds: seeds.length,
    examples: parts[0].examples,
    betweenSeeds: mean((part) => part.betweenSeeds),
    exampleEffect: mean((part) => part.exampleEffect),
  };
}
