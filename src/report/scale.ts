/** Linear axis: values to per cent of the plot's width or height, so that charts stretch while their text does not. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Decimals that tell neighbouring ticks apart. */
  readonly digits: number;
  /** 0 at `low`, 100 at `high`, two decimals. */
  at(value: number): number;
}

/** What an axis shows: shares in [0, 1] such as accuracies, differences in points, or any other figure. */
export type AxisKind = "share" | "points" | "other";

/** A share's axis spans at least 1 point, an axis of differences 2 points, any other a twentieth of its largest value. */
const LEAST_SPAN = { share: 0.01, points: 2, other: 0.05 } as const;

/**
 * The least span of an axis: what differs by less should look small, and a single value must not make an axis of tiny steps.
 *
 * @example leastSpan("share", [0.61995, 0.62005]) // 0.01
 */
export const leastSpan = (kind: AxisKind, values: readonly number[]): number =>
  kind === "other" ? Math.max(1e-9, LEAST_SPAN.other * Math.max(0, ...values.map(Math.abs))) : LEAST_SPAN[kind];

/**
 * Axis over the given values, with a margin at both ends and ticks at 1, 2 or 5 times a power of ten. A share's axis stays in [0, 1].
 *
 * @param kind - See `leastSpan`.
 * @param values - What must fit; values that are not finite are left out.
 * @param options - `ticks`: about how many; default 5. `margin`: share of the span at each end; default 0.06.
 */
export function scaleOver(
  kind: AxisKind,
  values: readonly number[],
  { ticks = 5, margin = 0.06 }: { ticks?: number; margin?: number } = {},
): Scale {
  const finite = values.filter(Number.isFinite);
  const [least, most] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const missing = Math.max(0, leastSpan(kind, finite) - (most - least)) / 2;
  const pad = missing + margin * (most - least + 2 * missing);
  const [low, high] = [least - pad, most + pad];
  if (kind !== "share") return exactScale(low, high, ticks);
  // what is cut off at one end is added at the other, so that the span stays
  const [over, under] = [Math.max(0, high - 1), Math.max(0, -low)];
  return exactScale(Math.max(0, low - over), Math.min(1, high + under), ticks);
}

/** Axis with exactly these ends. */
export function exactScale(low: number, high: number, wanted = 5): Scale {
  const step = niceStep((high - low) / wanted);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) ticks.push(i * step || 0);
  return {
    low,
    high,
    ticks,
    digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
    at: (value) => Math.round((1e4 * (value - low)) / (high - low)) / 100,
  };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}
