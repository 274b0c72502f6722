import { askedOf, type Interval, wilsonInterval } from "../../metrics/index.ts";
import { uniform } from "../../random/index.ts";

/** Rows that are drawn and computed at most, over all resamples. */
const MOST_DRAWN = 400_000;
const MOST_RESAMPLES = 1000;
const LEAST_RESAMPLES = 100;
/** Figures that are the share of right rows, and how many of so many rows are asked. */
const SHARES: ReadonlyMap<string, (rows: number) => number> = new Map([
  ["accuracy", (rows: number) => rows],
  ["accuracyAt1", askedOf],
]);

/**
 * 95 % interval of the figure that counts, over examples like the evaluated ones: Wilson's for a share of rows, else the percentile bootstrap
 * over examples, drawn with a fixed seed.
 *
 * @param figure - Of the examples at these places, perhaps repeated.
 * @returns Null where too few resamples have the figure, e.g. a correlation of equal numbers.
 */
export function figureInterval(
  { primary, value, rows }: { readonly primary: string; readonly value: number; readonly rows: number },
  figure: (places: readonly number[]) => number,
): Interval | null {
  if (rows === 0 || !Number.isFinite(value)) return null;
  const asked = SHARES.get(primary)?.(rows);
  if (asked !== undefined) return wilsonInterval(Math.round(value * asked), asked);
  const resamples = Math.max(LEAST_RESAMPLES, Math.min(MOST_RESAMPLES, Math.floor(MOST_DRAWN / rows)));
  const found: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    const key = { seed: 0, step: resample, site: "bootstrap" };
    const places = Array.from({ length: rows }, (_, at) => Math.floor(uniform(key, at) * rows));
    const drawn = figure(places);
    if (Number.isFinite(drawn)) found.push(drawn);
  }
  if (found.length < LEAST_RESAMPLES) return null;
  found.sort((a, b) => a - b);
  const at = (share: number): number => found[Math.min(found.length - 1, Math.floor(share * found.length))];
  return { low: at(0.025), high: at(0.975) };
}
