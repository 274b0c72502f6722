import type { StudyResults } from "../../studies/index.ts";
import { points } from "../format.ts";
import { type Html, html } from "../html.ts";
import { meanDot, rowChart, seedDots, span } from "../row-chart.ts";
import { scaleOver } from "../scale.ts";

/** Half-width, in points, of the zone that counts as no difference (docs/statistics.md). */
const ZONE = 0.5;

/** Paired differences to the baseline: both intervals, the seeds, and the zone of no difference. */
export function forestPlot(results: StudyResults): Html {
  const compared = results.arms.flatMap((c, colour) => (c.difference ? [{ c, colour, d: c.difference }] : []));
  const values = compared.flatMap(({ d }) => [d.low, d.high, d.fixedLow, d.fixedHigh, ...d.perSeed]);
  const scale = scaleOver("points", [...values, -2 * ZONE, 2 * ZONE]);
  const zone = { low: scale.at(-ZONE), high: scale.at(ZONE) };
  return rowChart({
    title: `Accuracy minus ${results.baseline}, in points`,
    scale,
    references: [{ value: 0, label: results.baseline, kind: "zero" }],
    tick: points,
    behind: html`<rect class="zone" x="${zone.low}%" width="${(zone.high - zone.low).toFixed(2)}%" y="0" height="100%"/>`,
    rows: compared.map(({ c, colour, d }) => ({
      name: c.name,
      colour,
      figure: `${points(d.mean)} (${points(d.low)} to ${points(d.high)})`,
      marks: (y) => [
        span(scale, d.low, d.high, y, "thin"),
        span(scale, d.fixedLow, d.fixedHigh, y, "thick"),
        ...seedDots(scale, d.perSeed, y),
        meanDot(scale, d.mean, y),
      ],
    })),
  });
}
