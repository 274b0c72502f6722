import type { FurtherTests } from "../records.ts";
import type { CrossedBootstrap } from "./bootstrap.ts";
import { equivalenceOverSeeds } from "./equivalence.ts";
import { mcNemarOverSeeds } from "./mcnemar.ts";
import { power, seedsFor, smallestEffect } from "./power.ts";
import { signFlipTest } from "./sign-flip-test.ts";
import { stochasticOrder } from "./stochastic-order.ts";
import { ZONE } from "./verdict.ts";

/** True differences whose power is told, in points: the one of the paper that Crisp started from, and the edge of "no difference". */
export const PLANNED_EFFECTS = [0.97, ZONE];

/** What is told of one arm beside its verdict. */
export interface Compared {
  readonly boot: CrossedBootstrap;
  /** The differences that were bootstrapped, [S, N] row-major. */
  readonly differences: Float64Array;
  /** Accuracy of each seed, [S]. */
  readonly own: readonly number[];
  readonly baseline: readonly number[];
  /** Level of the corrected interval that the first of the claims needs, for the power. */
  readonly level: number;
  readonly randomSeed?: number;
}

/**
 * Further tests of one arm against the baseline.
 *
 * @returns undefined with a single seed, which none of them can judge.
 */
export function furtherTests({ boot, differences, own, baseline, level, randomSeed }: Compared): FurtherTests | undefined {
  const { seeds, examples, seedMeans, betweenSeeds, exampleEffect } = boot.components;
  if (seeds < 2) return undefined;
  const perSeed = [...seedMeans];
  return {
    standardError: Math.sqrt(betweenSeeds / seeds + exampleEffect / examples),
    permutation: signFlipTest(perSeed, { randomSeed }),
    mcNemar: mcNemarOverSeeds(differences, seeds),
    stochasticOrder: stochasticOrder(own, baseline, { randomSeed }),
    equivalence: { p: boot.equivalenceP(ZONE), fixedP: equivalenceOverSeeds(perSeed, ZONE) },
    power: {
      smallestEffect: smallestEffect(boot.components, seeds, { level }),
      planned: PLANNED_EFFECTS.map((effect) => ({
        effect,
        power: power(boot.components, seeds, effect, level),
        seeds: seedsFor(boot.components, effect, { level }),
      })),
    },
  };
}
