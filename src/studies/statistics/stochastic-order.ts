import { counted, expectedGot } from "../../errors/index.ts";
import { foldKey, hashWords } from "../../random/index.ts";
import { critical } from "./quantiles.ts";

export interface StochasticOrder {
  /** Violation ratio ε of "the first is stochastically larger", in [0, 1]; 0 never violated, ½ no order, 1 the other way round. */
  readonly violation: number;
  /** Upper 95 % bound of ε. Below ½ the first is almost stochastically larger; below 0.2 is the usual, stricter reading. */
  readonly bound: number;
}

/**
 * Almost stochastic order of two sets of scores.
 *
 * ε = ∫ max(0, G⁻¹(t) − F⁻¹(t))² dt / ∫ (G⁻¹(t) − F⁻¹(t))² dt with F, G the distributions of the two sets, and
 * bound = ε + z · standard deviation of ε over bootstrap draws of both sets, cut to [0, 1]. Sets of one size S have step
 * functions of the same steps, so both integrals are sums over pairs of equal rank. Two equal sets have ε = ½.
 *
 * @param first - Scores of the one suspected to be better, larger is better, [S].
 * @param second - Scores of the other, [S]. The pairing of seeds is not used.
 * @param options - `replicates` of the bootstrap, default 1,000; `comparisons` for Bonferroni's correction of the 95 %,
 *   default 1; `randomSeed` names the draws, default 0.
 * @throws `statistics/bad-shape` when the sets differ in size or are empty.
 * @example stochasticOrder([0.9, 0.91], [0.8, 0.85]) // { violation: 0, bound: 0 }
 *
 * Source: del Barrio, Cuesta-Albertos and Matrán 2018; Dror, Shlomov and Reichart 2019; the package deep-significance, from
 * which we differ by exact sums in place of a grid, and by α / m where its formula for several comparisons has less.
 */
export function stochasticOrder(
  first: readonly number[],
  second: readonly number[],
  options: { readonly replicates?: number; readonly comparisons?: number; readonly randomSeed?: number } = {},
): StochasticOrder {
  const { replicates = 1_000, comparisons = 1, randomSeed = 0 } = options;
  const size = first.length;
  if (size === 0 || second.length !== size) {
    const got = `${counted(size, "score")} and ${second.length}`;
    throw expectedGot("statistics/bad-shape", "stochasticOrder", "two sets of scores of one size", got);
  }
  const violation = violationRatio(first, second);
  const samples = Float64Array.from({ length: replicates }, (_, r) => {
    const { key0, key1 } = foldKey({ seed: randomSeed, step: r, site: "stochastic-order" });
    const drawn = (from: readonly number[], start: number) =>
      from.map((_, i) => from[Math.floor((hashWords(key0, key1, start + i) * size) / 0x1_0000_0000)]);
    return violationRatio(drawn(first, 0), drawn(second, size));
  });
  const mean = samples.reduce((sum, e) => sum + e, 0) / replicates;
  const deviation = Math.sqrt(samples.reduce((sum, e) => sum + (e - mean) ** 2, 0) / replicates);
  // one-sided at α / m is two-sided at 2 α / m
  const z = critical(1 - 0.1 / comparisons, Infinity);
  return { violation, bound: Math.min(1, violation + z * deviation) };
}

function violationRatio(first: readonly number[], second: readonly number[]): number {
  const f = Float64Array.from(first).sort();
  const g = Float64Array.from(second).sort();
  let [violated, whole] = [0, 0];
  for (let i = 0; i < f.length; i++) {
    const squared = (g[i] - f[i]) ** 2;
    whole += squared;
    if (g[i] > f[i]) violated += squared;
  }
  return whole === 0 ? 0.5 : violated / whole;
}
