import { count } from "../format.ts";
import { type Html, html } from "../html.ts";
import { type AxisKind, exactScale, type Scale, scaleOver } from "../scale.ts";

/** A point over the updates. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

export interface Line {
  readonly points: readonly Point[];
  /** Index of the colour. */
  readonly colour: number;
  /** A thin line behind, a thick one, or a thick one with its points. */
  readonly kind: "thin" | "thick" | "points";
}

const HEIGHT = 170;

/**
 * Lines over the updates of a run.
 *
 * @param chart.level - A dashed line at this value, where it is within reach.
 * @returns null without a point.
 */
export function lineChart(chart: {
  readonly title: string;
  /** Default other. */
  readonly kind?: AxisKind;
  /** Of the whole run, so that all its charts have one axis. */
  readonly updates: number;
  readonly lines: readonly Line[];
  readonly tick: (value: number, digits: number) => string;
  readonly level?: number;
}): Html | null {
  const lines = chart.lines.map((line) => ({ ...line, points: line.points.filter(({ value }) => Number.isFinite(value)) }));
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return null;
  const x = exactScale(1, Math.max(chart.updates, 2), 4);
  const values = all.map(({ value }) => value);
  const y = scaleOver(chart.kind ?? "other", values, { ticks: 4 });
  const level = chart.level !== undefined && chart.level >= y.low && chart.level <= y.high ? chart.level : undefined;
  const end = lines.at(-1)!.points.at(-1)?.value;
  return html`<svg class="chart indented" width="100%" height="${HEIGHT + 22}" role="img" aria-label="${chart.title} over ${count(chart.updates)} updates${
    end !== undefined && `, ends at ${chart.tick(end, y.digits + 1)}`
  }">
${y.ticks.map((value) => html`<line class="grid" x1="0" x2="100%" y1="${fromTop(y, value)}" y2="${fromTop(y, value)}"/><text class="tick" x="-8" y="${fromTop(y, value) + 4}" text-anchor="end">${chart.tick(value, y.digits)}</text>`)}
${level !== undefined && html`<line class="reference" x1="0" x2="100%" y1="${fromTop(y, level)}" y2="${fromTop(y, level)}"/>`}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 100 100" preserveAspectRatio="none">${lines.map(
    ({ points, colour, kind }) =>
      html`<path class="curve c${colour} ${kind === "thin" ? "seed-line" : "mean-line"}" d="${path(points, x, y)}"/>`,
  )}</svg>
${lines.map(
  ({ points, colour, kind }) =>
    kind === "points" &&
    points.map(
      ({ step, value }) => html`<circle class="mean c${colour}" cx="${x.at(step)}%" cy="${fromTop(y, value)}" r="4.5"/>`,
    ),
)}
<text class="tick" x="0" y="${HEIGHT + 17}">update 1</text><text class="tick" x="100%" y="${HEIGHT + 17}" text-anchor="end">${count(chart.updates)}</text></svg>`;
}

const fromTop = (y: Scale, value: number): number => Math.round(((100 - y.at(value)) * HEIGHT) / 10) / 10;

const path = (points: readonly Point[], x: Scale, y: Scale): string =>
  points
    .map(({ step, value }, i) => `${i === 0 ? "M" : "L"}${x.at(step)} ${Math.round(100 * (100 - y.at(value))) / 100}`)
    .join("");
