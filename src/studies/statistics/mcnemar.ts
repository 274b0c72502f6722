import { chiSquaredTail, fairCoinCdf } from "./distributions.ts";

export interface McNemarTest {
  /** Sentences that only the arm gets right, and those that only the baseline does. */
  readonly gained: number;
  readonly lost: number;
  /** Two-sided, by the binomial distribution. */
  readonly exactP: number;
  /** By chi-squared with one degree of freedom and Edwards' continuity correction. */
  readonly chiSquaredP: number;
}

/**
 * McNemar's test of two models over the same sentences.
 *
 * Only sentences on which the two disagree tell them apart; were the models alike, each of these would be a coin's throw.
 * exact: min(1, 2 P(X ≤ min(gained, lost))), X ~ Binomial(gained + lost, ½); χ² = (|gained − lost| − 1)² / (gained + lost).
 *
 * @param gained - Sentences that only the first model gets right.
 * @param lost - Sentences that only the second one does.
 * @example mcNemarTest(10, 2).exactP // 0.0386
 *
 * Source: McNemar 1947; Edwards 1948. As statsmodels' `mcnemar`, but like R no correction where gained = lost: p is 1 there.
 */
export function mcNemarTest(gained: number, lost: number): McNemarTest {
  const discordant = gained + lost;
  const apart = Math.abs(gained - lost);
  return {
    gained,
    lost,
    exactP: Math.min(1, 2 * fairCoinCdf(Math.min(gained, lost), discordant)),
    chiSquaredP: apart === 0 ? 1 : chiSquaredTail((apart - 1) ** 2 / discordant, 1),
  };
}

export interface McNemarOverSeeds {
  /** One test a seed, in the order of the seeds. */
  readonly perSeed: readonly McNemarTest[];
  /** Twice the median (the lower of two middle ones) of the exact p-values, at most 1: valid however the seeds depend on each other. */
  readonly p: number;
}

/**
 * McNemar's test of each seed's pair of models: run s of the arm against run s of the baseline.
 *
 * All pairs answer the same sentences, so their counts must not be added up: that would count each sentence S times. Twice the
 * median p-value needs no independence. It speaks of these trained models on sentences like these, not of new seeds.
 *
 * @param differences - [S, N] row-major, row = seed; above 0 where only the arm is right, below where only the baseline is.
 * @param seeds - S.
 *
 * Source: Rüger 1978 and Vovk and Wang 2020, *Combining p-values via averaging*, for the median.
 */
export function mcNemarOverSeeds(differences: Float64Array, seeds: number): McNemarOverSeeds {
  const examples = differences.length / seeds;
  const perSeed = Array.from({ length: seeds }, (_, s) => {
    const row = differences.subarray(s * examples, (s + 1) * examples);
    return mcNemarTest(row.filter((d) => d > 0).length, row.filter((d) => d < 0).length);
  });
  const sorted = perSeed.map(({ exactP }) => exactP).sort((a, b) => a - b);
  const median = sorted[Math.floor((seeds - 1) / 2)];
  return { perSeed, p: Math.min(1, 2 * median) };
}
