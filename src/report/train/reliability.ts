import type { ReliabilityBin } from "../../metrics/index.ts";
import { scrolling } from "../document.ts";
import { count, percent } from "../format.ts";
import { type Html, html } from "../html.ts";

const SIZE = 300;
const LARGEST = 11;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Reliability diagram: how sure the model was, and how often it was right; larger dots hold more examples. */
export function reliabilityDiagram(bins: readonly ReliabilityBin[]): Html {
  const most = Math.max(...bins.map((bin) => bin.count));
  const x = (share: number): number => Math.round(10 * share * SIZE) / 10;
  const y = (share: number): number => Math.round(10 * (1 - share) * SIZE) / 10;
  return html`<svg class="chart square" viewBox="-48 -14 ${SIZE + 64} ${SIZE + 52}" role="img" aria-label="Reliability diagram: ${bins
    .map((bin) => `${percent(bin.confidence, 0)} sure, ${percent(bin.right, 0)} right`)
    .join("; ")}">
${TICKS.map(
  (
    tick,
  ) => html`<line class="grid" x1="0" x2="${SIZE}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="-8" y="${y(tick) + 4}" text-anchor="end">${percent(tick, 0)}</text>
<text class="tick" x="${x(tick)}" y="${SIZE + 17}" text-anchor="middle">${percent(tick, 0)}</text>`,
)}
<line class="reference" x1="0" x2="${SIZE}" y1="${SIZE}" y2="0"/>
<g class="c4">${bins.map(
    ({ count: examples, right, confidence }) =>
      html`<line class="span thin" x1="${x(confidence)}" x2="${x(confidence)}" y1="${y(confidence)}" y2="${y(right)}"/><circle class="mean" cx="${x(confidence)}" cy="${y(right)}" r="${(3 + (LARGEST - 3) * Math.sqrt(examples / most)).toFixed(1)}"/>`,
  )}</g>
<text class="tick" x="${SIZE}" y="${SIZE + 34}" text-anchor="end">how sure it was →</text><text class="tick" x="-4" y="-4">right ↑</text></svg>
<details><summary>The dots in numbers</summary>${scrolling(
    "Reliability in numbers",
    html`<table class="figures"><thead><tr><th scope="col">sure</th><th scope="col">right</th><th scope="col">examples</th></tr></thead>
<tbody>${bins.map(({ confidence, right, count: examples }) => html`<tr><th scope="row">${percent(confidence, 1)}</th><td>${percent(right, 1)}</td><td>${count(examples)}</td></tr>`)}</tbody></table>`,
  )}</details>`;
}
