import { counted, expectedGot } from "../../errors/index.ts";
import { foldKey, hashWords } from "../../random/index.ts";
import { type Components, components } from "./components.ts";
import { critical, sortedQuantile } from "./quantiles.ts";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * How the parts of a replicate are put together.
 *
 * - `plain`: the Multi-Bootstrap as published, percentile interval.
 * - `scaled`: its seed draws widened for few seeds, symmetric interval.
 * - `balanced`: scaled, and the noise that sits in both axes counted once. What verdicts use.
 */
export type Variant = "plain" | "scaled" | "balanced";

export interface CrossedBootstrap {
  readonly components: Components;
  /** Two-sided interval for new seeds and new examples: "sentences like these". */
  interval(level: number, variant?: Variant): Interval;
  /** Two-sided Student-t interval for new seeds on these examples: "these sentences". */
  fixedInterval(level: number): Interval;
  /** Two-sided p-value of "no difference": share of replicates, scaled as at 95 %, at least as far from θ as 0 is. */
  pValue(): number;
  /** p-value of "the difference is at least `margin` on one side"; below 5 % where the 90 % interval lies inside ± margin. */
  equivalenceP(margin: number): number;
}

export interface BootstrapOptions {
  /** S, rows of every matrix. */
  readonly seeds: number;
  /** R, replicates; default 10,000, so that a 99 % tail still holds 50 of them. */
  readonly replicates?: number;
  /** Names the stream of draws; default 0. */
  readonly randomSeed?: number;
}

/**
 * Crossed bootstrap of paired differences over seeds × examples.
 *
 * One replicate draws S seeds and N examples with replacement; the same examples serve every seed, both arms and every
 * comparison. With w[s], v[e] the counts drawn,
 *
 * θ* = Σ w[s] v[e] d[s][e] / (S N) = θ + seed part + example part + interaction part.
 *
 * The statistic is linear, so the parts are kept apart and scaled before adding:
 * the seed part so that its quantile alone is Student's, t · s / √S, which the few seeds' draws fall short of;
 * the example part by √(effect / (effect + noise/S)), since the noise it carries is already in the seed part; the
 * interaction part, which would count that noise a third time, by 0. The interval is θ ± the level's quantile of
 * |θ* − θ|: with five seeds, the skew of the draws points the wrong way. Coverage of each choice: docs/statistics.md.
 *
 * @param matrices - One [S, N] row-major matrix a comparison, row = seed; all of one size.
 * @param options - S, replicates, random seed.
 * @returns One bootstrap a comparison.
 * @throws `statistics/bad-shape` when the matrices are empty or differ in size.
 * @example crossedBootstrap([differences], { seeds: 5 })[0].interval(0.95) // { low: 0.1, high: 1.9 }
 *
 * Source: Sellam et al., The MultiBERTs (arXiv 2106.16163), §4; Owen, The pigeonhole bootstrap (2007), for the triple
 * counting. We differ by scaling and symmetry.
 */
export function crossedBootstrap(matrices: readonly Float64Array[], options: BootstrapOptions): CrossedBootstrap[] {
  const { seeds, replicates = 10_000, randomSeed = 0 } = options;
  const examples = matrices.length > 0 ? matrices[0].length / seeds : 1;
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(examples) || examples < 1) {
    throw expectedGot(
      "statistics/bad-shape",
      "crossedBootstrap",
      "[seeds, examples] values",
      `${counted(seeds, "seed")}, ${counted(examples, "example")}`,
    );
  }
  const different = matrices.find((m) => m.length !== matrices[0].length);
  if (different) {
    throw expectedGot(
      "statistics/bad-shape",
      "crossedBootstrap",
      `${matrices[0].length} values in each matrix`,
      different.length,
    );
  }
  const parts = matrices.map((matrix) => ({
    nonZero: nonZeroRows(matrix, seeds, examples),
    components: components(matrix, seeds),
    seed: new Float64Array(replicates),
    example: new Float64Array(replicates),
    interaction: new Float64Array(replicates),
  }));
  const seedCounts = new Float64Array(seeds);
  const exampleCounts = new Float64Array(examples);
  for (let r = 0; r < replicates; r++) {
    drawCounts(seedCounts, randomSeed, r, "bootstrap.seeds");
    drawCounts(exampleCounts, randomSeed, r, "bootstrap.examples");
    for (const part of parts) {
      const { mean, seedMeans } = part.components;
      for (let s = 0; s < seeds; s++) {
        const { at, value } = part.nonZero[s];
        let sum = 0;
        for (let i = 0; i < at.length; i++) sum += exampleCounts[at[i]] * value[i];
        const redrawn = sum / examples; // mean difference of seed s on the drawn examples
        const weight = (seedCounts[s] - 1) / seeds;
        part.seed[r] += weight * seedMeans[s];
        part.example[r] += (redrawn - mean) / seeds;
        part.interaction[r] += weight * (redrawn - seedMeans[s]);
      }
    }
  }
  return parts.map(({ components, seed, example, interaction }) => {
    const { mean, seedMeans } = components;
    const seedDistances = seed.map(Math.abs).sort();
    /** Distances of the replicates from the mean, each part scaled for this level. */
    const distances = (level: number, variant: Variant): Float64Array => {
      const student = meanInterval(seedMeans, level).high - mean;
      const drawn = sortedQuantile(seedDistances, level);
      const widen = drawn > 0 ? student / drawn : 1;
      const [a, b, c] = variant === "scaled" ? [widen, 1, widen] : [widen, exampleShare(components), 0];
      return seed.map((value, r) => Math.abs(a * value + b * example[r] + c * interaction[r]));
    };
    return {
      components,
      interval(level, variant = "balanced") {
        if (variant === "plain") {
          const sorted = seed.map((value, r) => mean + value + example[r] + interaction[r]).sort();
          return { low: sortedQuantile(sorted, (1 - level) / 2), high: sortedQuantile(sorted, (1 + level) / 2) };
        }
        const half = sortedQuantile(distances(level, variant).sort(), level);
        return { low: mean - half, high: mean + half };
      },
      fixedInterval: (level) => meanInterval(seedMeans, level),
      pValue() {
        const beyond = distances(0.95, "balanced").reduce((count, d) => count + (d >= Math.abs(mean) ? 1 : 0), 0);
        return (beyond + 1) / (replicates + 1);
      },
      equivalenceP(margin) {
        const room = margin - Math.abs(mean);
        const beyond = distances(0.9, "balanced").reduce((count, d) => count + (d >= Math.abs(room) ? 1 : 0), 0);
        const oneSided = (beyond + 1) / (replicates + 1) / 2;
        return room > 0 ? oneSided : 1 - oneSided;
      },
    };
  });
}

/** Student-t interval of a mean over seeds; a point with fewer than two seeds. */
export function meanInterval(perSeed: ArrayLike<number>, level: number): Interval {
  const values = Array.from(perSeed);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { low: mean, high: mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const half = critical(level, values.length - 1) * Math.sqrt(variance / values.length);
  return { low: mean - half, high: mean + half };
}

/** Standard deviation of the example effect as a share of that of the example means, which hold noise too. */
function exampleShare({ seeds, exampleEffect, noise }: Components): number {
  const total = exampleEffect + noise / seeds;
  return total > 0 ? Math.sqrt(exampleEffect / total) : 1;
}

/** Counts of `counts.length` draws with replacement. */
function drawCounts(counts: Float64Array, seed: number, replicate: number, site: string): void {
  const { key0, key1 } = foldKey({ seed, step: replicate, site });
  counts.fill(0);
  for (let i = 0; i < counts.length; i++) counts[Math.floor((hashWords(key0, key1, i) * counts.length) / 0x1_0000_0000)]++;
}

/** Each seed's differences that are not 0: accuracy differences mostly are, which makes replicates ten times cheaper. */
function nonZeroRows(matrix: Float64Array, seeds: number, examples: number): { at: Int32Array; value: Float64Array }[] {
  return Array.from({ length: seeds }, (_, s) => {
    const row = matrix.subarray(s * examples, (s + 1) * examples);
    const at = Int32Array.from([...row.keys()].filter((e) => row[e] !== 0));
    return { at, value: Float64Array.from(at, (e) => row[e]) };
  });
}
