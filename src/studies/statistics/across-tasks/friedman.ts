import { expectedGot } from "../../../errors/index.ts";
import { chiSquaredTail, fisherTail, studentizedRangeQuantile, studentizedRangeTail } from "../distributions.ts";

export interface FriedmanTest {
  /** Mean rank of each arm over the tasks; 1 is best, ties share the mean of their ranks. */
  readonly meanRanks: readonly number[];
  readonly chiSquared: number;
  /** Of "all arms rank alike", by chi-squared with k − 1 degrees of freedom. */
  readonly p: number;
  /** The same by Iman and Davenport's F, which is less cautious with few tasks. */
  readonly fisherP: number;
  /** Two arms whose mean ranks differ by at least this differ, by Nemenyi's post hoc test at 5 %. */
  readonly criticalDifference: number;
  /** Nemenyi's p-value of each pair of arms, [k][k]; 1 on the diagonal. */
  readonly pairs: readonly (readonly number[])[];
}

/**
 * Friedman's test of several arms over several tasks, and Nemenyi's post hoc test of their pairs.
 *
 * With ranks r[t][a] in each of N tasks and mean ranks R[a], χ² = (k−1) Σ (R[a] − (k+1)/2)² N² / Σ (r[t][a] − (k+1)/2)², which
 * corrects for ties; F = (N−1) χ² / (N (k−1) − χ²); critical difference q(0.05, k) / √2 · √(k (k+1) / (6 N)), q the quantile of the
 * studentized range.
 *
 * @param scores - One row a task, one column an arm, larger is better, [N][k]; N at least 2, k at least 3.
 * @throws `statistics/bad-shape`.
 * @example friedmanTest([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.7, 0.6, 0.5]]).chiSquared // 6
 *
 * Source: Friedman 1937; Iman and Davenport 1980; Nemenyi 1963; Demšar 2006. As `scipy.stats.friedmanchisquare`, scikit-posthocs
 * and autorank.
 */
export function friedmanTest(scores: readonly (readonly number[])[]): FriedmanTest {
  const tasks = scores.length;
  const arms = scores[0]?.length ?? 0;
  if (tasks < 2 || arms < 3 || scores.some((row) => row.length !== arms)) {
    const got = scores.map((row) => row.length);
    throw expectedGot("statistics/bad-shape", "friedmanTest", "2 or more tasks with scores of the same 3 or more arms", got);
  }
  const ranks = scores.map(ranksOf);
  const meanRanks = Array.from({ length: arms }, (_, a) => ranks.reduce((sum, row) => sum + row[a], 0) / tasks);
  const middle = (arms + 1) / 2;
  const between = tasks ** 2 * meanRanks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0);
  const within = ranks.flat().reduce((sum, rank) => sum + (rank - middle) ** 2, 0);
  const chiSquared = within > 0 ? ((arms - 1) * between) / within : 0;
  const rest = tasks * (arms - 1) - chiSquared;
  const fisher = rest > 0 ? ((tasks - 1) * chiSquared) / rest : Infinity;
  const unit = Math.sqrt((arms * (arms + 1)) / (6 * tasks)); // standard deviation of a difference of mean ranks
  return {
    meanRanks,
    chiSquared,
    p: chiSquaredTail(chiSquared, arms - 1),
    fisherP: fisher === Infinity ? 0 : fisherTail(fisher, arms - 1, (arms - 1) * (tasks - 1)),
    criticalDifference: (studentizedRangeQuantile(0.05, arms) / Math.SQRT2) * unit,
    pairs: meanRanks.map((a) => meanRanks.map((b) => studentizedRangeTail((Math.abs(a - b) / unit) * Math.SQRT2, arms))),
  };
}

/** 1 for the largest; equal values share the mean of their ranks. */
const ranksOf = (row: readonly number[]): number[] =>
  row.map((x) => row.filter((y) => y > x).length + (row.filter((y) => y === x).length + 1) / 2);
