import { capital, count, cut, duration, listed, percent, unbroken } from "../format.ts";
import { type Html, html } from "../html.ts";
import { meanDot, rowChart, span } from "../row-chart.ts";
import { scaleOver } from "../scale.ts";
import { axisOf, figureName, figureText, figureTick } from "./figure-text.ts";
import type { Baseline, TrainReport } from "./train-report.ts";

const LABEL = 40;

/** The figure that counts, in one sentence. */
export function trainHeadline({ primary: { name, value }, evaluated, unit }: TrainReport): string {
  const on = `${count(evaluated.rows)} ${evaluated.split.replace(" ", "-")} ${unit}${evaluated.rows === 1 ? "" : "s"}`;
  if (name === "accuracy") return `Right on ${figureText(name, value)} of ${on}`;
  return `${capital(figureName(name))} of ${figureText(name, value)} on ${on}`;
}

/** The majority class, where its accuracy is the figure that counts, and what else was given. */
function baselinesOf({ majority, baselines = [], primary }: TrainReport): readonly Baseline[] {
  if (!majority || primary.name !== "accuracy") return baselines;
  return [{ name: `always answering “${cut(majority.label, LABEL)}”`, score: majority.accuracy }, ...baselines];
}

/**
 * Whether the model beats its baselines; null without any.
 *
 * A baseline inside the 95 % interval is neither beaten nor not: so few examples cannot tell.
 */
export function againstBaselines(report: TrainReport): string | null {
  const { name, value, interval, lowerIsBetter } = report.primary;
  const { low, high } = interval ?? { low: value, high: value };
  const all = baselinesOf(report);
  if (all.length === 0) return null;
  const said = (which: readonly Baseline[]): string =>
    listed(which.map((baseline) => `${baseline.name} (${figureText(name, baseline.score)})`));
  const [above, below] = [all.filter(({ score }) => score > high), all.filter(({ score }) => score < low)];
  const [worse, better] = lowerIsBetter ? [below, above] : [above, below];
  const undecided = all.filter((baseline) => !above.includes(baseline) && !below.includes(baseline));
  const clauses = [
    better.length > 0 && `it beats ${said(better)}`,
    undecided.length > 0 && `it cannot be told from ${said(undecided)} by these examples`,
    worse.length > 0 && `it does not beat ${said(worse)}`,
  ].filter((clause) => clause !== false);
  return `${capital(clauses.join("; "))}.`;
}

/** Title, verdict on the baselines, and the first facts. */
export function headlineSection(report: TrainReport): Html {
  const against = againstBaselines(report);
  return html`<header class="top"><p class="eyebrow">Crisp training · ${cut(report.name, 80)}</p><h1>${trainHeadline(report)}.</h1>
${against && html`<p class="lede">${unbroken(against)}</p>`}
${report.choseWeights && html`<p class="lede">The same ${report.unit}s chose the weights, or when to stop, so the figure flatters the model: a test file would not.</p>`}</header>
${facts(report)}`;
}

function facts(report: TrainReport): Html {
  const { primary, evaluated, trained, majority, course, figures, effectiveSparsity, kind } = report;
  const interval =
    primary.interval && `${figureText(primary.name, primary.interval.low)} to ${figureText(primary.name, primary.interval.high)}`;
  const off = figures.find(({ name }) => name === primary.name)?.off;
  const items: [string, string | null | undefined | false][] = [
    ["95 % interval", interval],
    ["majority class", majority && `${cut(majority.label, LABEL)}, ${percent(majority.accuracy, 1)}`],
    ...figures
      .filter(({ name }) => name !== primary.name)
      .map(({ name, value }): [string, string] => [figureName(name), figureText(name, value)]),
    ["with sparsity off", off !== undefined && figureText(primary.name, off)],
    ["pairs removed", effectiveSparsity !== undefined && percent(effectiveSparsity, 1)],
    [`${evaluated.split} ${report.unit}s`, `${count(evaluated.rows)}`],
    [`training ${report.unit}s`, count(trained.rows)],
    ["updates", course.steps.length > 0 && count(course.steps.at(-1)!.step)],
    ["training time", report.seconds > 0 && duration(report.seconds)],
    ["what it is", kind],
  ];
  return html`<dl class="facts">${items.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** The figure with its interval over its baselines; null without any. */
export function baselineChart(report: TrainReport): Html | null {
  const all = baselinesOf(report);
  if (all.length === 0) return null;
  const { name, value, interval } = report.primary;
  const values = [value, interval?.low ?? value, interval?.high ?? value, ...all.map(({ score }) => score)];
  const scale = scaleOver(axisOf(name), values);
  return rowChart({
    title: figureName(name),
    scale,
    references: [],
    tick: (tick, digits) => figureTick(name, tick, digits),
    rows: [
      {
        name: "this model",
        colour: 4,
        figure: figureText(name, value),
        marks: (y) => [interval !== null && span(scale, interval.low, interval.high, y, "thick"), meanDot(scale, value, y)],
      },
      ...all.map((baseline) => ({
        name: cut(baseline.name, LABEL),
        colour: 0,
        figure: figureText(name, baseline.score),
        marks: (y: number) => [meanDot(scale, baseline.score, y)],
      })),
    ],
  });
}
