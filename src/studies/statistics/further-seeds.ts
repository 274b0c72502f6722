import type { Components } from "./components.ts";
import { critical } from "./quantiles.ts";

/**
 * Further paired seeds after which the claim would be decided, if the mean difference stayed as it is.
 *
 * Half-width at S' seeds: h² = t(S'−1)² · betweenSeeds / S' + z² · exampleEffect / N. More seeds shrink the first term only,
 * so below a certain difference no number of seeds is enough. Decided means |mean| > h at the corrected level, or
 * |mean| + h at the 90 % level < zone.
 *
 * @param found - Variance components of the paired differences.
 * @param level - Corrected level of the claim's interval, e.g. 0.983.
 * @param level90 - Level of the interval for "no difference", e.g. 0.9.
 * @param zone - Half-width of "no difference", in the unit of the differences.
 * @returns Further seeds, at least 1; null when no number can decide it.
 */
export function furtherSeeds(found: Components, level: number, level90: number, zone: number): number | null {
  const half = (seeds: number, at: number): number => {
    const seedPart = seeds === Infinity ? 0 : (critical(at, seeds - 1) ** 2 * found.betweenSeeds) / seeds;
    return Math.sqrt(seedPart + (critical(at, Infinity) ** 2 * found.exampleEffect) / found.examples);
  };
  const distance = Math.abs(found.mean);
  const decided = (seeds: number) => distance > half(seeds, level) || distance + half(seeds, level90) < zone;
  if (!decided(Infinity)) return null;
  let [low, high] = [found.seeds, found.seeds + 1];
  while (!decided(high)) {
    low = high;
    high *= 2;
    if (high > 1e9) return null;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (decided(middle)) high = middle;
    else low = middle;
  }
  return high - found.seeds;
}
