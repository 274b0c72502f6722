import { fixed } from "../format.ts";
import { type Html, html } from "../html.ts";
import { scaleOver } from "../scale.ts";

const SIZE = 340;
/** More dots hide each other, and make the page large. */
export const MOST_DOTS = 1500;

/** Predicted against true values, on the same scale; the dashed line is where they are equal. */
export function scatterPlot(pairs: readonly { readonly actual: number; readonly predicted: number }[]): Html {
  const shown = pairs.filter(
    (_, at) => Math.floor((at * MOST_DOTS) / pairs.length) !== Math.floor(((at - 1) * MOST_DOTS) / pairs.length),
  );
  const scale = scaleOver(
    "other",
    shown.flatMap(({ actual, predicted }) => [actual, predicted]),
  );
  const x = (value: number): number => Math.round((10 * scale.at(value) * SIZE) / 100) / 10;
  const y = (value: number): number => Math.round((10 * (100 - scale.at(value)) * SIZE) / 100) / 10;
  return html`<svg class="chart square" viewBox="-56 -16 ${SIZE + 72} ${SIZE + 54}" role="img" aria-label="Predicted against true values">
${scale.ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="0" x2="${SIZE}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="-8" y="${y(tick) + 4}" text-anchor="end">${fixed(tick, scale.digits)}</text>
<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${SIZE}"/><text class="tick" x="${x(tick)}" y="${SIZE + 17}" text-anchor="middle">${fixed(tick, scale.digits)}</text>`,
)}
<line class="reference" x1="0" x2="${SIZE}" y1="${SIZE}" y2="0"/>
<g class="c4">${shown.map(({ actual, predicted }) => html`<circle class="seed" cx="${x(actual)}" cy="${y(predicted)}" r="3.5"/>`)}</g>
<text class="tick" x="${SIZE}" y="${SIZE + 34}" text-anchor="end">true →</text><text class="tick" x="-4" y="-6">predicted ↑</text></svg>`;
}
