import type { StudyResults } from "../../studies/index.ts";
import { fixed, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { exactScale, scaleOver } from "../scale.ts";

const HEIGHT = 260;

/** Generalisation gap (evaluation loss − training loss) against the sparsity that was really reached. */
export function gapPlot(results: StudyResults): Html {
  const { arms } = results;
  const x = exactScale(-0.04, 1.0, 6);
  const y = scaleOver(
    arms.flatMap(({ gap }) => [...gap.perSeed, gap.low ?? Number.NaN, gap.high ?? Number.NaN]),
    { ticks: 5, least: 1e-3 },
  );
  const top = (value: number) => Math.round(((100 - y.at(value)) * HEIGHT) / 10) / 10;
  return html`<svg class="chart indented" width="100%" height="${HEIGHT + 44}" role="img" aria-label="Gap against effective sparsity: ${arms
    .map((c) => `${c.name} ${fixed(c.gap.mean)} at ${percent(c.sparsity.effective, 0)}`)
    .join("; ")}">
${y.ticks.map((v) => html`<line class="grid ${v === 0 ? "strong" : ""}" x1="0" x2="100%" y1="${top(v)}" y2="${top(v)}"/><text class="tick" x="-8" y="${top(v) + 4}" text-anchor="end">${fixed(v, y.digits)}</text>`)}
${x.ticks.map((v) => html`<text class="tick" x="${x.at(v)}%" y="${HEIGHT + 17}" text-anchor="${v > 0.9 ? "end" : "middle"}">${percent(v, 0)}</text>`)}
<text class="tick" x="100%" y="${HEIGHT + 36}" text-anchor="end">effective sparsity →</text>
${arms.map(({ gap, sparsity }, colour) => {
  const at = `${x.at(sparsity.effective)}%`;
  // Arms at the same sparsity stand side by side.
  const before = arms.slice(0, colour).filter((c) => Math.abs(c.sparsity.effective - sparsity.effective) < 0.03).length;
  return html`<g class="c${colour}" transform="translate(${14 * before} 0)">
${gap.low !== undefined && gap.high !== undefined && html`<line class="span thick" x1="${at}" x2="${at}" y1="${top(gap.low)}" y2="${top(gap.high)}"/>`}
${gap.perSeed.map((value) => html`<circle class="seed" cx="${at}" cy="${top(value)}" r="3.5"/>`)}
<circle class="mean" cx="${at}" cy="${top(gap.mean)}" r="6"/></g>`;
})}
</svg>`;
}
