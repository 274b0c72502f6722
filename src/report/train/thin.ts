import type { Point } from "./line-chart.ts";

/** More points than this are not seen in a chart, and only make the page large. */
const MOST_POINTS = 300;

/** Means over equal stretches of a long line; a short one as it is. */
export function thinned(points: readonly Point[], most = MOST_POINTS): readonly Point[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, bin) => {
    const inside = points.slice(Math.floor((bin * points.length) / most), Math.floor(((bin + 1) * points.length) / most));
    return { step: inside.at(-1)!.step, value: mean(inside) };
  });
}

/** Each point as the mean of its neighbourhood: a twentieth of the line on either side, less at its ends. */
export function smoothed(points: readonly Point[]): Point[] {
  const reach = Math.floor(points.length / 20);
  return points.map(({ step }, at) => {
    const half = Math.min(reach, at, points.length - 1 - at);
    return { step, value: mean(points.slice(at - half, at + half + 1)) };
  });
}

const mean = (points: readonly Point[]): number => points.reduce((sum, { value }) => sum + value, 0) / points.length;
