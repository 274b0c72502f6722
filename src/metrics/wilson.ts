import { expectedGot } from "../errors/index.ts";

/** Both ends of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5th percentile of the standard normal distribution: two-sided 95 %. */
const Z95 = 1.959963984540054;

/**
 * Wilson's 95 % score interval of a share, e.g. of an accuracy. It stays in [0, 1], and also holds for few trials and shares near 0 or 1.
 *
 * @param hits - Whole number, 0 to `trials`.
 * @param trials - Whole number, at least 1.
 * @throws `metrics/bad-shape` for other numbers.
 * @example wilsonInterval(81, 263) // { low: 0.2553, high: 0.3662 }
 *
 * Source: Wilson 1927, without continuity correction (method 3 of Newcombe 1998, Stat. Med. 17, 857–872).
 */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (!(Number.isInteger(hits) && Number.isInteger(trials) && trials >= 1 && hits >= 0 && hits <= trials)) {
    throw expectedGot(
      "metrics/bad-shape",
      "wilsonInterval",
      "whole numbers, 0 ≤ hits ≤ trials, trials ≥ 1",
      `${hits} of ${trials}`,
    );
  }
  const share = hits / trials;
  const square = Z95 ** 2 / trials;
  const middle = share + square / 2;
  const half = Z95 * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  // rounding must not leave 0.0000000000000001 where the interval touches an end
  const low = hits === 0 ? 0 : (middle - half) / (1 + square);
  const high = hits === trials ? 1 : (middle + half) / (1 + square);
  return { low, high };
}
