import type { BenchResults, SweepSeries } from "../../bench/index.ts";
import { counted } from "../../errors/index.ts";
import { card, htmlDocument } from "../document.ts";
import { count, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { exactScale, type Scale } from "../scale.ts";
import { machineLine, paysSentence, times, wrongChoices } from "./words.ts";

const HEIGHT = 320;

/**
 * The page of a measurement: see `htmlDocument`.
 *
 * @example await writeFile("bench.html", renderBenchReport(results))
 */
export const renderBenchReport = (results: BenchResults): string =>
  htmlDocument({
    title: "Where sparse attention pays · Crisp",
    body: html`<main><section class="study">
<header class="top"><p class="eyebrow">Crisp bench · ${results.date.slice(0, 10)}</p><h1>${title(results)}</h1>
<p class="lede">Attention alone, forward and backward, against dense attention in the same turns. In a training step it is one part of several: crisp bench step measures the whole.</p></header>
${facts(results)}
<ul class="verdicts">${results.series.map(
      (series, at) =>
        html`<li class="c${at % 8}"><span class="pill ${series.breakEven === null ? "contradicted" : "supported"}">${series.breakEven === null ? "does not pay" : "pays"}</span><p>${paysSentence(series)}</p></li>`,
    )}</ul>
${card("Speed-up against length", chartNote(results), speedChart(results), "wide")}
${card("All figures", html`Milliseconds are medians of ${counted(results.rounds, "round")}; removed is the share of pairs that was removed.`, figures(results), "wide")}
${provenance(results)}
</section></main>`,
  });

function title({ series }: BenchResults): string {
  const paying = series.flatMap(({ breakEven }) => breakEven ?? []);
  if (paying.length === 0) return "Sparse attention does not pay here at any length measured";
  return `Sparse attention starts to pay at about ${count(Math.min(...paying))} tokens here`;
}

function facts(results: BenchResults): Html {
  const items: [string, string][] = [
    ["processor", results.cpu],
    ["threads", `${results.threads} of ${results.cores}`],
    ["MatMul 1024³", `${results.matmulGflops.toFixed(0)} GFLOP/s`],
    ["copy", `${results.copyGigabytesPerSecond.toFixed(1)} GB/s`],
    ["heads", `${results.heads} × ${results.headWidth}`],
    ["load, start and end", results.loadAverage.map((load) => load.toFixed(1)).join(" · ")],
  ];
  return html`<dl class="facts">${items.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const chartNote = ({ series }: BenchResults): Html =>
  html`Above the line at 1 sparse attention is faster. Both axes are logarithmic.<span class="keys">${series.map(
    ({ pattern }, at) => html`<span class="c${at % 8}"><span class="key"></span>${pattern}</span> `,
  )}</span>`;

/** Ticks of a logarithmic axis of speed-ups. */
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

function speedChart({ lengths, series }: BenchResults): Html {
  const speedups = series.flatMap(({ points }) => points.map(({ speedup }) => speedup));
  const [low, high] = [Math.min(0.8, ...speedups) * 0.95, Math.max(1.25, ...speedups) * 1.05];
  const y = exactScale(Math.log(low), Math.log(high));
  const x = exactScale(Math.log2(lengths[0]) - 0.25, Math.log2(lengths[lengths.length - 1]) + 0.25);
  const label = series.map(({ pattern, points }) => `${pattern} ${points.map((p) => times(p.speedup)).join(", ")}`).join("; ");
  return html`<svg class="chart indented" width="100%" height="${HEIGHT + 22}" role="img" aria-label="Speed-up over dense attention by length: ${label}">
${TICKS.filter((tick) => tick >= low && tick <= high).map((tick) => {
  const top = fromTop(y, tick);
  return html`<line class="${tick === 1 ? "reference zero" : "grid"}" x1="0" x2="100%" y1="${top}" y2="${top}"/><text class="tick" x="-8" y="${top + 4}" text-anchor="end">${tick}×</text>`;
})}
<svg width="100%" height="${HEIGHT}" viewBox="0 0 100 100" preserveAspectRatio="none">${series.map(
    ({ points }, at) => html`<path class="curve mean-line c${at % 8}" d="${path(points, x, y)}"/>`,
  )}</svg>
${series.map(({ points }, at) =>
  points.map(
    ({ length, speedup }) =>
      html`<circle class="mean c${at % 8}" cx="${x.at(Math.log2(length))}%" cy="${fromTop(y, speedup)}" r="4.5"/>`,
  ),
)}
${lengths.map((length) => html`<text class="tick" x="${x.at(Math.log2(length))}%" y="${HEIGHT + 17}" text-anchor="middle">${count(length)}</text>`)}
</svg>`;
}

const fromTop = (y: Scale, speedup: number): number => Math.round(((100 - y.at(Math.log(speedup))) * HEIGHT) / 10) / 10;

const path = (points: SweepSeries["points"], x: Scale, y: Scale): string =>
  points
    .map(({ length, speedup }, at) => {
      const top = Math.round(100 * (100 - y.at(Math.log(speedup)))) / 100;
      return `${at === 0 ? "M" : "L"}${x.at(Math.log2(length))} ${top}`;
    })
    .join("");

const COLUMNS = ["tokens", "texts", "dense ms", "sparse ms", "speed-up", "removed", "auto takes"];

const figures = ({
  series,
}: BenchResults): Html => html`<div class="scroll" tabindex="0"><table class="figures"><thead><tr>${COLUMNS.map(
  (name) => html`<th scope="col">${name}</th>`,
)}</tr></thead>
<tbody>${series.map(
  ({ pattern, core, points }) => html`<tr class="group"><th colspan="${COLUMNS.length}">${pattern}, ${core}</th></tr>
${points.map(
  (point) =>
    html`<tr><td>${count(point.length)}</td><td>${point.batch}</td><td>${point.denseMs.toFixed(1)}</td><td>${point.sparseMs.toFixed(1)}</td><td>${times(point.speedup)}</td><td>${percent(point.effectiveSparsity, 1)}</td><td>${point.auto ?? "no choice"}</td></tr>`,
)}`,
)}</tbody></table></div>`;

function provenance(results: BenchResults): Html {
  const notes = [
    ...results.skipped.map(({ length, why }) => `${count(length)} tokens were left out: ${why}.`),
    ...wrongChoices(results).map((choice) => `${choice}.`),
  ];
  return html`<footer class="provenance"><h3>Measured by</h3><p>${machineLine(results)} · Crisp ${results.crisp} · ${results.date}</p>
${notes.map((note) => html`<p>${note}</p>`)}</footer>`;
}
