import { type Html, html } from "./html.ts";
import type { Scale } from "./scale.ts";

/** One row: a name and a figure on the first line, marks on the track beneath. */
export interface Row {
  readonly name: string;
  readonly figure: string;
  /** Index of the colour. */
  readonly colour: number;
  readonly marks: (y: number) => readonly (Html | false)[];
}

/** Vertical line through all rows, labelled on top. */
export interface Reference {
  readonly value: number;
  readonly label: string;
  readonly kind: "baseline" | "ceiling" | "majority" | "zero";
}

const ROW = 50;
const LABEL = 15;

/**
 * Rows over one horizontal axis.
 *
 * Positions are per cents and text is in pixels, so the drawing fits a phone and a wide screen without shrinking its labels.
 *
 * @param chart - Axis, rows, references; `behind` draws under everything (a zone, say), from `top` to `bottom`.
 */
export function rowChart(chart: {
  readonly title: string;
  readonly scale: Scale;
  readonly rows: readonly Row[];
  readonly references: readonly Reference[];
  readonly tick: (value: number) => string;
  readonly behind?: (top: number, bottom: number) => Html;
}): Html {
  const { scale, rows } = chart;
  const inside = chart.references.filter((r) => r.value >= scale.low && r.value <= scale.high);
  const top = inside.length * LABEL + 6;
  const bottom = top + rows.length * ROW;
  return html`<svg class="chart" width="100%" height="${bottom + 26}" role="img" aria-label="${chart.title}: ${rows
    .map((row) => `${row.name} ${row.figure}`)
    .join("; ")}">
${chart.behind?.(top, bottom)}
${scale.ticks.map((tick) => verticalLine(scale, tick, top, bottom, chart.tick(tick)))}
${inside.map((reference, i) => referenceLine(scale, reference, i * LABEL + 11, bottom))}
${rows.map((row, i) => {
  const y = top + i * ROW;
  return html`<g class="c${row.colour}"><text class="name halo" x="0" y="${y + 17}">${row.name}</text>
<text class="figure halo" x="100%" y="${y + 17}" text-anchor="end">${row.figure}</text>${row.marks(y + 34)}</g>`;
})}
</svg>`;
}

function verticalLine(scale: Scale, value: number, top: number, bottom: number, label: string): Html {
  const x = `${scale.at(value)}%`;
  return html`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/><text class="tick" x="${x}" y="${bottom + 17}" text-anchor="middle">${label}</text>`;
}

function referenceLine(scale: Scale, { value, label, kind }: Reference, labelY: number, bottom: number): Html {
  const at = scale.at(value);
  const anchor = at > 66 ? "end" : at < 33 ? "start" : "middle";
  return html`<line class="reference ${kind}" x1="${at}%" x2="${at}%" y1="${labelY + 4}" y2="${bottom}"/>
<text class="reference-label halo ${kind}" x="${at}%" y="${labelY}" text-anchor="${anchor}">${label}</text>`;
}

/** Per-seed dots. */
export const seedDots = (scale: Scale, values: readonly number[], y: number): Html[] =>
  values.map((value) => html`<circle class="seed" cx="${scale.at(value)}%" cy="${y}" r="3.5"/>`);

/** Horizontal interval; `kind` sets its weight. */
export const span = (scale: Scale, low: number, high: number, y: number, kind: "thin" | "thick"): Html =>
  html`<line class="span ${kind}" x1="${scale.at(low)}%" x2="${scale.at(high)}%" y1="${y}" y2="${y}"/>`;

export const meanDot = (scale: Scale, value: number, y: number): Html =>
  html`<circle class="mean" cx="${scale.at(value)}%" cy="${y}" r="6"/>`;
