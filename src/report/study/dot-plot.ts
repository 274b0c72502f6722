import type { ArmResult, OverSeeds, StudyResults } from "../../studies/index.ts";
import { halfWidth } from "../format.ts";
import { type Html, html } from "../html.ts";
import { meanDot, type Reference, rowChart, seedDots, span } from "../row-chart.ts";
import { type AxisKind, scaleOver } from "../scale.ts";

export interface DotPlot {
  readonly title: string;
  readonly kind: AxisKind;
  /** As trained. */
  readonly value: (c: ArmResult) => OverSeeds;
  /** The same weights, sparsity off. */
  readonly off: (c: ArmResult) => OverSeeds;
  readonly format: (value: number) => string;
  readonly plusMinus: (half: number) => string;
  readonly tick: (value: number, digits: number) => string;
  /** Known levels, e.g. ceiling and majority; those too far off are named below the chart instead of squeezing it. */
  readonly levels: readonly Reference[];
}

/** Mean (large dot), interval over seeds (bar), seeds (small dots) and sparsity off (ring) of one figure. */
export function dotPlot(results: StudyResults, plot: DotPlot): Html {
  const { arms } = results;
  const values = arms.flatMap((c) => {
    const { low, high, perSeed } = plot.value(c);
    return [...perSeed, low ?? Number.NaN, high ?? Number.NaN, plot.off(c).mean];
  });
  const core = scaleOver(plot.kind, values, { margin: 0 });
  const reach = 0.7 * (core.high - core.low);
  const near = plot.levels.filter(({ value }) => value >= core.low - reach && value <= core.high + reach);
  const far = plot.levels.filter((level) => !near.includes(level));
  const scale = scaleOver(plot.kind, [...values, ...near.map((level) => level.value)]);
  const baseline = arms.find((c) => c.name === results.baseline);
  const references: Reference[] = [...near];
  if (baseline) references.push({ value: plot.value(baseline).mean, label: baseline.name, kind: "baseline" });
  return html`${rowChart({
    title: plot.title,
    scale,
    references,
    tick: plot.tick,
    rows: arms.map((c, colour) => {
      const { mean, low, high, perSeed } = plot.value(c);
      const half = halfWidth(plot.value(c));
      return {
        name: c.name,
        colour,
        figure: plot.format(mean) + (half === null ? "" : ` ± ${plot.plusMinus(half)}`),
        marks: (y) => [
          low !== undefined && high !== undefined && span(scale, low, high, y, "thick"),
          ...seedDots(scale, perSeed, y),
          meanDot(scale, mean, y),
          c.sparsity.nominal > 0 && html`<circle class="ring" cx="${scale.at(plot.off(c).mean)}%" cy="${y}" r="5"/>`,
        ],
      };
    }),
  })}${
    far.length > 0 &&
    html`<p class="off-scale">${far.map(({ label, value }) => `${value < scale.low ? "← " : "→ "}${label} ${plot.format(value)}, off the scale. `)}</p>`
  }`;
}
