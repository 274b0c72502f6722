import { foldKey, hashWords } from "../../random/index.ts";

export interface SignFlipTest {
  /** Two-sided p-value of "the sign of each seed's difference is a coin's". */
  readonly p: number;
  /** Whether all 2^S sign patterns were counted. */
  readonly exact: boolean;
  /** The smallest p that so many seeds can give: 2 / 2^S, 0.0625 for five. */
  readonly smallest: number;
}

/** Up to 2^16 sign patterns are counted one by one: some milliseconds. */
const MOST_EXACT = 16;

/**
 * Paired permutation test of a mean difference over seeds.
 *
 * Were the two arms alike, each seed's difference could as well have the other sign. p is the share of the 2^S sign patterns
 * whose |mean| is at least the observed one; above 16 seeds (b + 1) / (B + 1) over B random patterns, b of them as far out.
 *
 * @param differences - One paired difference a seed, [S]; zeros count.
 * @param options - `draws` random patterns above 16 seeds, default 100,000; `randomSeed` names them, default 0.
 * @example signFlipTest([1, 2, 3]).p // 0.25
 *
 * Source: Fisher 1935; as `scipy.stats.permutation_test(permutation_type="samples")`. It holds the sentences fixed.
 */
export function signFlipTest(
  differences: readonly number[],
  { draws = 100_000, randomSeed = 0 }: { readonly draws?: number; readonly randomSeed?: number } = {},
): SignFlipTest {
  const seeds = differences.length;
  const exact = seeds <= MOST_EXACT;
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  // sums of the same numbers in another order differ in the last bits
  const reached = observed - 1e-12 * differences.reduce((sum, d) => sum + Math.abs(d), 0);
  const isFar = (flipped: (s: number) => boolean): boolean =>
    Math.abs(differences.reduce((sum, d, s) => sum + (flipped(s) ? -d : d), 0)) >= reached;
  const smallest = 2 ** (1 - seeds);
  let far = 0;
  if (exact) {
    for (let pattern = 0; pattern < 2 ** seeds; pattern++) if (isFar((s) => ((pattern >> s) & 1) === 1)) far++;
    return { p: far / 2 ** seeds, exact, smallest };
  }
  for (let draw = 0; draw < draws; draw++) {
    const { key0, key1 } = foldKey({ seed: randomSeed, step: draw, site: "sign-flip" });
    if (isFar((s) => hashWords(key0, key1, s) % 2 === 1)) far++;
  }
  return { p: (far + 1) / (draws + 1), exact, smallest: Math.max(smallest, 1 / (draws + 1)) };
}
