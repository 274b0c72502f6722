import { confusions, MOST_IN_MAP } from "../confusion.ts";
import { card, contents, foldedPart, htmlDocument, type Part, part } from "../document.ts";
import { capital, count, cut, percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { classScoresTable, MOST_CLASSES } from "./class-scores.ts";
import { curveCards } from "./curves.ts";
import { baselineChart, headlineSection } from "./headline.ts";
import { mistakesList } from "./mistakes.ts";
import { reliabilityDiagram } from "./reliability.ts";
import { MOST_DOTS, scatterPlot } from "./scatter.ts";
import { provenancePart, settingsPart } from "./settings.ts";
import { trainStyle } from "./style.ts";
import type { TrainReport } from "./train-report.ts";

/**
 * A training's page: see `htmlDocument`.
 *
 * @returns The document; every value in it is escaped.
 * @example await writeFile("report.html", renderTrainReport(report))
 */
export function renderTrainReport(report: TrainReport): string {
  const parts = [
    answersPart(report),
    mistakesPart(report),
    curvesPart(report),
    classesPart(report),
    settingsPart(report),
    provenancePart(report),
  ].filter((each) => each !== null);
  return htmlDocument({
    title: `${cut(report.name, 80)} · Crisp`,
    style: trainStyle,
    body: html`<main><section class="study">
${headlineSection(report)}
${contents("Contents", parts)}
${parts.map(({ markup }) => markup)}
</section></main>`,
  });
}

/** What the figures are about, in the words of a title. */
const where = ({ evaluated, unit }: TrainReport): string => `${evaluated.split.replace(" ", "-")} ${unit}s`;

function baselineCard(report: TrainReport): Html | null {
  const chart = baselineChart(report);
  const note = `On the ${where(report)}. Bar: 95 % interval for examples like these.`;
  return chart && card("Against what is simple", note, chart, "wide");
}

const cards = (id: string, title: string, each: readonly (Html | null)[]): Part | null =>
  each.every((card) => card === null) ? null : { id, title, markup: html`<div class="cards part" id="${id}">${each}</div>` };

/** What the model answers, and how far it can be trusted. */
const answersPart = (report: TrainReport): Part | null =>
  cards("answers", "How far to trust it", [
    baselineCard(report),
    scatterCard(report),
    calibrationCard(report),
    confusionCard(report),
  ]);

const curvesPart = (report: TrainReport): Part | null => cards("curves", "While it trained", curveCards(report));

/** Confusions of few classes stand beside the calibration; of more they need the whole width, and so do others. */
const NARROW_CLASSES = 8;
const widthFor = ({ confusion, classes = [] }: TrainReport): string =>
  confusion && classes.length <= NARROW_CLASSES ? "" : "wide";

function calibrationCard({ calibration, ...report }: TrainReport): Html | null {
  if (!calibration) return null;
  const { bins, error } = calibration;
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const mean = (of: (bin: (typeof bins)[number]) => number): number =>
    bins.reduce((sum, bin) => sum + bin.count * of(bin), 0) / total;
  const note = html`Expected calibration error ${percent(error, 1)} (15 bins). On average ${percent(
    mean((bin) => bin.confidence),
    1,
  )} sure and ${percent(
    mean((bin) => bin.right),
    1,
  )} right. Dots below the dashed line: surer than right.`;
  return card("Is it as sure as it is right?", note, reliabilityDiagram(bins), widthFor(report));
}

function scatterCard({ pairs }: TrainReport): Html | null {
  if (!pairs) return null;
  const many = pairs.length > MOST_DOTS ? ` ${count(MOST_DOTS)} of ${count(pairs.length)} examples.` : "";
  return card("Predicted against true", `Dashed: where both are equal.${many}`, scatterPlot(pairs), "wide");
}

function confusionCard(report: TrainReport): Html | null {
  const { classes, confusion } = report;
  if (!classes || !confusion) return null;
  const labels = classes.map(({ label }) => label);
  const note =
    labels.length > MOST_IN_MAP
      ? "The confusions that happened most often."
      : "Row: the true class. Column: what the model said. Colour: share of the row.";
  return card(`What it confuses, ${where(report)}`, note, confusions(labels, confusion), widthFor(report));
}

function classesPart(report: TrainReport): Part | null {
  const { classes } = report;
  if (!classes) return null;
  const many = classes.length > MOST_CLASSES ? ` ${MOST_CLASSES} of ${count(classes.length)} classes.` : "";
  return foldedPart("classes", "Each class", `The weakest first, ${where(report)}.${many}`, classScoresTable(classes));
}

function mistakesPart(report: TrainReport): Part | null {
  const { shown, total } = report.mistakes;
  if (shown.length === 0) return null;
  const seen = shown.some(({ attention }) => attention)
    ? " Shading: where the last layer looks, as the mean over its heads, from the token that decides; stronger is more, and special tokens are left out."
    : "";
  const note = `${capital(where(report))}: ${count(shown.length)} of ${count(total)}. All of them are in errors.csv.${seen}`;
  return part("mistakes", report.pairs ? "The largest errors" : "The worst mistakes", note, mistakesList(report.mistakes));
}
