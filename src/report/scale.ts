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

/**
 * Axis over the given values, with a margin at both ends and ticks at 1, 2 or 5 times a power of ten.
 *
 * @param values - What must fit; values that are not finite are left out.
 * @param options - `ticks`: about how many; `margin`: share of the range at each end; `least`: smallest range.
 */
export function scaleOver(values: readonly number[], options: { ticks?: number; margin?: number; least?: number } = {}): Scale {
  const { ticks: wanted = 5, margin = 0.06, least = 1e-6 } = options;
  const finite = values.filter(Number.isFinite);
  let [low, high] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  if (high - low < least) {
    const middle = (low + high) / 2;
    [low, high] = [middle - least / 2, middle + least / 2];
  }
  const pad = margin * (high - low);
  return exactScale(low - pad, high + pad, wanted);
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
