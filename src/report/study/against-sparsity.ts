import type { ArmResult, StudyResults } from "../../studies/index.ts";
import { percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { colourOf } from "../row-chart.ts";
import { type AxisKind, exactScale, scaleOver } from "../scale.ts";

const HEIGHT = 260;
/** Arms whose sparsity differs by less stand side by side: so many pixels apart, and all of them within so many. */
const NEAR = 0.03;
const [MOST_SHIFT, WIDEST] = [18, 116];

/** A figure of an arm: its mean, and where there are some the seeds behind it and their interval. */
interface Plotted {
  readonly mean: number;
  readonly perSeed?: readonly number[];
  readonly low?: number;
  readonly high?: number;
}

/** What is drawn of each arm. */
export interface AgainstSparsity {
  readonly title: string;
  readonly kind: AxisKind;
  readonly value: (arm: ArmResult) => Plotted;
  readonly format: (value: number, digits: number) => string;
}

/** A figure of each arm, with its cloud of seeds, against the sparsity that was really reached. Dots have the numbers of their arms. */
export function againstSparsity({ arms }: StudyResults, { title, kind, value, format }: AgainstSparsity): Html {
  const plotted = arms.map((arm) => ({ ...value(arm), name: arm.name, sparsity: arm.sparsity.effective }));
  const x = exactScale(-0.14, 1.0, 3);
  const y = scaleOver(
    kind,
    plotted.flatMap(({ mean, perSeed = [], low = mean, high = mean }) => [mean, ...perSeed, low, high]),
  );
  const shifts = plotted.map(({ sparsity }, arm) => {
    const near = plotted.flatMap((other, at) => (Math.abs(other.sparsity - sparsity) < NEAR ? [at] : []));
    return Math.round(Math.min(MOST_SHIFT, WIDEST / near.length) * (near.indexOf(arm) - (near.length - 1) / 2));
  });
  const top = (at: number) => Math.round(((100 - y.at(at)) * HEIGHT) / 10) / 10;
  return html`<svg class="chart indented" width="100%" height="${HEIGHT + 44}" role="img" aria-label="${title} against effective sparsity: ${plotted
    .map(({ name, mean, sparsity }) => `${name} ${format(mean, y.digits)} at ${percent(sparsity, 0)}`)
    .join("; ")}">
${y.ticks.map((v) => html`<line class="grid ${v === 0 ? "strong" : ""}" x1="0" x2="100%" y1="${top(v)}" y2="${top(v)}"/><text class="tick" x="-8" y="${top(v) + 4}" text-anchor="end">${format(v, y.digits)}</text>`)}
${x.ticks.filter((v) => v >= 0).map((v) => html`<text class="tick" x="${x.at(v)}%" y="${HEIGHT + 17}" text-anchor="${v > 0.9 ? "end" : "middle"}">${percent(v, 0)}</text>`)}
<text class="tick" x="100%" y="${HEIGHT + 36}" text-anchor="end">effective sparsity →</text>
${plotted.map(({ mean, perSeed = [], low, high, sparsity }, arm) => {
  const at = `${x.at(sparsity)}%`;
  return html`<g class="${colourOf(arm)}" transform="translate(${shifts[arm]} 0)">
${low !== undefined && high !== undefined && html`<line class="span thick" x1="${at}" x2="${at}" y1="${top(low)}" y2="${top(high)}"/>`}
${perSeed.map((each) => html`<circle class="seed" cx="${at}" cy="${top(each)}" r="3.5"/>`)}
<circle class="mean" cx="${at}" cy="${top(mean)}" r="8"/><text class="number" x="${at}" y="${top(mean) + 3.5}">${arm + 1}</text></g>`;
})}
</svg>`;
}
