/** A measured length, and how many times as fast as dense attention it was. */
export interface SpeedAtLength {
  /** Tokens a text. */
  readonly length: number;
  /** Dense over sparse time: above 1 sparse is faster. */
  readonly speedup: number;
}

/**
 * The length from which on sparse attention takes no more time than dense: at it and at every longer measured length.
 *
 * Between two measured lengths the logarithm of the speed-up is taken as linear in that of the length.
 *
 * @param points - In any order.
 * @returns Tokens, the shortest measured length where all of them pay; null where the longest does not.
 * @example
 * breakEven([{ length: 128, speedup: 0.5 }, { length: 512, speedup: 2 }]); // 256
 */
export function breakEven(points: readonly SpeedAtLength[]): number | null {
  const sorted = [...points].sort((a, b) => a.length - b.length);
  const last = sorted.findLastIndex(({ speedup }) => speedup < 1);
  if (last < 0) return sorted[0]?.length ?? null;
  if (last === sorted.length - 1) return null;
  const [below, above] = [sorted[last], sorted[last + 1]];
  const share = -Math.log(below.speedup) / (Math.log(above.speedup) - Math.log(below.speedup));
  return Math.round(below.length * (above.length / below.length) ** share);
}
