/** Where the spread of paired differences comes from; all variances in the square of the differences' unit. */
export interface Components {
  readonly seeds: number;
  readonly examples: number;
  readonly mean: number;
  /** Mean difference of each seed, [S]. */
  readonly seedMeans: Float64Array;
  /** Mean difference of each example, [N]. */
  readonly exampleMeans: Float64Array;
  /** Unbiased variance of the seed means; holds the seed effect and 1/N of the noise. */
  readonly betweenSeeds: number;
  /** Variance of the example effect alone, noise taken out; never below 0. */
  readonly exampleEffect: number;
  /** Variance that neither seed nor example explains. */
  readonly noise: number;
}

/**
 * Two-way random-effects analysis of variance, one value a cell.
 *
 * d[s][e] = μ + seed[s] + example[e] + noise[s][e];
 * noise = Σ(d[s][e] − d̄[s] − d̄[e] + d̄)² / ((S−1)(N−1)), exampleEffect = max(0, var(d̄[e]) − noise / S).
 *
 * @param differences - [S, N] row-major, row = seed.
 * @param seeds - S, at least 1; with a single seed the noise cannot be told from the example effect and counts as such.
 * @returns Means and variance components.
 * @example components(new Float64Array([1, 0, 1, 0]), 2).exampleEffect // 0.5
 */
export function components(differences: Float64Array, seeds: number): Components {
  const examples = differences.length / seeds;
  const seedMeans = new Float64Array(seeds);
  const exampleMeans = new Float64Array(examples);
  for (let s = 0; s < seeds; s++) {
    for (let e = 0; e < examples; e++) {
      const d = differences[s * examples + e];
      seedMeans[s] += d / examples;
      exampleMeans[e] += d / seeds;
    }
  }
  const mean = seedMeans.reduce((sum, d) => sum + d, 0) / seeds;
  let residual = 0;
  for (let s = 0; s < seeds; s++) {
    for (let e = 0; e < examples; e++) residual += (differences[s * examples + e] - seedMeans[s] - exampleMeans[e] + mean) ** 2;
  }
  const freedom = (seeds - 1) * (examples - 1);
  const noise = freedom > 0 ? residual / freedom : 0;
  return {
    seeds,
    examples,
    mean,
    seedMeans,
    exampleMeans,
    betweenSeeds: sampleVariance(seedMeans, mean),
    exampleEffect: Math.max(0, sampleVariance(exampleMeans, mean) - noise / seeds),
    noise,
  };
}

function sampleVariance(values: Float64Array, mean: number): number {
  if (values.length < 2) return 0;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
