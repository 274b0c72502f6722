import type { CurvePoint } from "../../runs/index.ts";
import type { ArmResult, StudyResults } from "../../studies/index.ts";
import { count } from "../format.ts";
import { type Html, html } from "../html.ts";
import { colourOf } from "../row-chart.ts";
import { type AxisKind, exactScale, type Scale, scaleOver } from "../scale.ts";

export type CurveFigure = "evalAccuracy" | "evalLoss" | "trainLoss";

interface Line {
  readonly step: number;
  readonly value: number;
}

const HEIGHT = 170;

/**
 * One panel an arm on shared axes: every seed thin, the mean thick, the baseline's mean dashed.
 *
 * @returns null when no run recorded the figure at two steps or more.
 */
export function learningCurves(
  results: StudyResults,
  figure: CurveFigure,
  kind: AxisKind,
  tick: (value: number, digits: number) => string,
): Html | null {
  const panels = results.arms.map((c) => ({ c, seeds: seedLines(c, figure), mean: meanLine(c, figure) }));
  const all = panels.flatMap(({ seeds }) => seeds.flat());
  const steps = all.map((point) => point.step);
  const first = Math.min(...steps);
  const last = Math.max(...steps);
  if (!(last > first)) return null;
  const x = exactScale(first, last, 3);
  const y = scaleOver(
    kind,
    all.map((point) => point.value),
    { ticks: 4 },
  );
  const baseline = panels.find(({ c }) => c.name === results.baseline)?.mean ?? [];
  return html`<div class="panels">${panels.map(
    ({ c, seeds, mean }, arm) => html`<div class="panel ${colourOf(arm)}"><h4>${c.name}</h4>
<svg class="chart indented" width="100%" height="${HEIGHT + 22}" role="img" aria-label="${c.name}: ${figure} over steps, ends at ${tick(mean.at(-1)?.value ?? Number.NaN, y.digits + 1)}">
${y.ticks.map(
  (value) =>
    html`<line class="grid" x1="0" x2="100%" y1="${fromTop(y, value)}" y2="${fromTop(y, value)}"/><text class="tick" x="-8" y="${fromTop(y, value) + 4}" text-anchor="end">${tick(value, y.digits)}</text>`,
)}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 100 100" preserveAspectRatio="none">
${c.name !== results.baseline && html`<path class="curve baseline" d="${path(baseline, x, y)}"/>`}
${seeds.map((line) => html`<path class="curve seed-line" d="${path(line, x, y)}"/>`)}
<path class="curve mean-line" d="${path(mean, x, y)}"/></svg>
<text class="tick" x="0" y="${HEIGHT + 17}">step ${count(first)}</text><text class="tick" x="100%" y="${HEIGHT + 17}" text-anchor="end">${count(last)}</text>
</svg></div>`,
  )}</div>`;
}

const fromTop = (y: Scale, value: number) => Math.round(((100 - y.at(value)) * HEIGHT) / 10) / 10;

const path = (line: readonly Line[], x: Scale, y: Scale): string =>
  line.map(({ step, value }, i) => `${i === 0 ? "M" : "L"}${x.at(step)} ${Math.round(100 * (100 - y.at(value))) / 100}`).join("");

function seedLines(c: ArmResult, figure: CurveFigure): Line[][] {
  return c.curves.map((curve) => curve.flatMap((point) => recorded(point, figure)));
}

function recorded(point: CurvePoint, figure: CurveFigure): Line[] {
  const value = point[figure];
  return value === undefined || !Number.isFinite(value) ? [] : [{ step: point.step, value }];
}

/** Mean over the steps that every seed recorded. */
function meanLine(c: ArmResult, figure: CurveFigure): Line[] {
  const [first = [], ...rest] = seedLines(c, figure).map((line) => new Map(line.map(({ step, value }) => [step, value])));
  return [...first].flatMap(([step, value]) => {
    const others = rest.map((line) => line.get(step));
    if (!others.every((other) => other !== undefined)) return [];
    return [{ step, value: others.reduce((sum, other) => sum + other, value) / (rest.length + 1) }];
  });
}
