import { cut } from "./format.ts";
import { type Html, html } from "./html.ts";
import { exactScale, type Scale } from "./scale.ts";

/** One row: a name and a figure in gutters of their own, or above the track where it is narrow, and marks on the track. */
export interface Row {
  readonly name: string;
  readonly figure: string;
  /** Index of the arm, see `colourOf`. */
  readonly colour: number;
  /** Marks at this height of the track, px. */
  readonly marks: (y: number) => readonly (Html | false)[];
}

/** Vertical line through all rows, labelled on top. */
export interface Reference {
  readonly value: number;
  readonly label: string;
  readonly kind: "baseline" | "ceiling" | "majority" | "zero";
}

const LABEL = 16;
const TICKS = 24;
const MIDDLE = 14;
const LONGEST_REFERENCE = 24;

/** A colour class of each arm; the first, mostly the baseline, is grey and alone in it. */
export const colourOf = (arm: number): string => `c${arm === 0 ? 0 : 1 + ((arm - 1) % 7)}`;

/**
 * Rows over one horizontal axis.
 *
 * Names and figures are text of the page in columns of their own, so they wrap and are never printed over; on the track positions are per
 * cents, so that it stretches while its labels do not.
 *
 * @param chart - Axis, rows, references; `behind` draws under everything (a zone, say).
 */
export function rowChart(chart: {
  readonly title: string;
  readonly scale: Scale;
  readonly rows: readonly Row[];
  readonly references: readonly Reference[];
  readonly tick: (value: number, digits: number) => string;
  readonly behind?: Html;
}): Html {
  const { rows } = chart;
  const scale = scaleThatFits(chart.scale, chart.tick);
  const inside = chart.references.filter((r) => r.value >= scale.low && r.value <= scale.high);
  const top = inside.length * LABEL;
  return html`<div class="rows" role="img" aria-label="${chart.title}: ${rows.map((row) => `${row.name} ${row.figure}`).join("; ")}">
<svg class="behind" style="top:${top}px;height:calc(100% - ${top + TICKS}px)">${chart.behind}
${scale.ticks.map((tick) => html`<line class="grid" x1="${scale.at(tick)}%" x2="${scale.at(tick)}%" y1="0" y2="100%"/>`)}
${inside.map(({ value, kind }) => html`<line class="reference ${kind}" x1="${scale.at(value)}%" x2="${scale.at(value)}%" y1="0" y2="100%"/>`)}</svg>
${top > 0 && html`<svg class="chart scale" height="${top}">${inside.map((reference, at) => referenceLabel(scale, reference, (at + 1) * LABEL - 5, top))}</svg>`}
${rows.map(
  ({ name, figure, colour, marks }) =>
    html`<div class="row ${colourOf(colour)}"><span class="name">${name}</span><span class="figure">${figure}</span><svg class="chart track" height="${2 * MIDDLE}">${marks(MIDDLE)}</svg></div>`,
)}
<svg class="chart scale" height="${TICKS}">${scale.ticks.map((value) => {
    const at = scale.at(value);
    return html`<text class="tick" x="${at}%" y="16" text-anchor="${anchorAt(at)}">${chart.tick(value, scale.digits)}</text>`;
  })}</svg></div>`;
}

function referenceLabel(scale: Scale, { value, label, kind }: Reference, y: number, bottom: number): Html {
  const at = scale.at(value);
  const anchor = at > 66 ? "end" : at < 33 ? "start" : "middle";
  return html`<line class="reference ${kind}" x1="${at}%" x2="${at}%" y1="${y + 4}" y2="${bottom}"/>
<text class="reference-label ${kind}" x="${at}%" y="${y}" text-anchor="${anchor}">${cut(label, LONGEST_REFERENCE)}</text>`;
}

/** Labels at the ends of an axis stay inside it. */
const anchorAt = (at: number): "start" | "middle" | "end" => (at < 12 ? "start" : at > 88 ? "end" : "middle");

/** Narrowest track, px: of a phone of 320. */
const NARROWEST = 236;
/** Room for a character of a tick's label, px, and between two labels. */
const [CHARACTER, GAP] = [6.6, 8];

/** From where to where the labels of an axis reach, px, about. */
export const tickBoxes = (
  scale: Scale,
  label: (value: number, digits: number) => string,
  width = NARROWEST,
): { readonly left: number; readonly right: number }[] =>
  scale.ticks.map((value) => {
    const at = scale.at(value);
    const wide = CHARACTER * label(value, scale.digits).length;
    const left = (at / 100) * width - { start: 0, middle: wide / 2, end: wide }[anchorAt(at)];
    return { left, right: left + wide };
  });

/** The same axis with as many of its ticks as have room for their labels on the narrowest screen. */
export function scaleThatFits(scale: Scale, label: (value: number, digits: number) => string): Scale {
  const fits = (tried: Scale): boolean => {
    const boxes = tickBoxes(tried, label);
    return boxes.every(({ left }, at) => at === 0 || left - boxes[at - 1].right >= GAP);
  };
  for (let wanted = scale.ticks.length; wanted > 1; wanted--) {
    const tried = wanted === scale.ticks.length ? scale : exactScale(scale.low, scale.high, wanted);
    if (fits(tried)) return tried;
  }
  return { ...scale, ticks: scale.ticks.slice(0, 1) };
}

/** Per-seed dots. */
export const seedDots = (scale: Scale, values: readonly number[], y: number): Html[] =>
  values.map((value) => html`<circle class="seed" cx="${scale.at(value)}%" cy="${y}" r="3.5"/>`);

/** Horizontal interval; `kind` sets its weight. */
export const span = (scale: Scale, low: number, high: number, y: number, kind: "thin" | "thick"): Html =>
  html`<line class="span ${kind}" x1="${scale.at(low)}%" x2="${scale.at(high)}%" y1="${y}" y2="${y}"/>`;

export const meanDot = (scale: Scale, value: number, y: number): Html =>
  html`<circle class="mean" cx="${scale.at(value)}%" cy="${y}" r="6"/>`;
