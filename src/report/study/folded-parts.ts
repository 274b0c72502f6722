import type { StudyResults } from "../../studies/index.ts";
import { confusions } from "../confusion.ts";
import { foldedPart, type Part } from "../document.ts";
import { type Html, html } from "../html.ts";
import { colourOf } from "../row-chart.ts";
import { type AgainstSparsity, againstSparsity } from "./against-sparsity.ts";
import { learningCurves } from "./learning-curves.ts";
import { disagreementTables } from "./tables/disagreement-tables.ts";
import { figuresTable } from "./tables/figures-table.ts";
import { furtherTestsTable } from "./tables/further-tests-table.ts";
import { seedsTable } from "./tables/seeds-table.ts";
import { accuracyTick, lossTick } from "./ticks.ts";

/** What stands behind the verdicts, for those who ask: all of it is folded at first. */
export const foldedParts = (results: StudyResults, id: string): (Part | null)[] => [
  foldedPart(`${id}-all`, "All figures", "Mean over seeds ± half the 95 % interval over seeds.", figuresTable(results)),
  foldedPart(`${id}-seeds`, "Every seed", "What the means are made of.", seedsTable(results)),
  curvesPart(results, id),
  sparsityPart(results, id),
  confusionPart(results, id),
  disagreementsPart(results, id),
  furtherTestsPart(results, id),
  settingsPart(results, id),
];

function curvesPart(results: StudyResults, id: string): Part | null {
  const charts: [string, Html | null][] = [
    ["Accuracy", learningCurves(results, "evalAccuracy", "share", accuracyTick)],
    ["Evaluation loss", learningCurves(results, "evalLoss", "other", lossTick)],
    ["Training loss", learningCurves(results, "trainLoss", "other", lossTick)],
  ];
  const shown = charts.filter(([, chart]) => chart !== null);
  if (shown.length === 0) return null;
  const note = `Thin: one seed. Thick: mean. Dashed: the mean of ${results.baseline}.`;
  return foldedPart(`${id}-curves`, "While training", note, html`${shown.map(([title, chart]) => titled(title, chart!))}`);
}

const titled = (title: string, chart: Html): Html => html`<h4 class="chart-title">${title}</h4>${chart}`;

function sparsityPart(results: StudyResults, id: string): Part {
  const charts: [string, string, AgainstSparsity][] = [
    [
      "Accuracy",
      "Each small dot is a seed.",
      { title: "Accuracy", kind: "share", value: (c) => c.accuracy, format: accuracyTick },
    ],
    [
      "Generalisation gap",
      "Evaluation loss minus training loss, both in evaluation mode. A regulariser pulls it down.",
      { title: "Generalisation gap", kind: "other", value: (c) => c.gap, format: lossTick },
    ],
    [
      "Calibration error",
      "Mean over seeds, 15 bins. Lower is better calibrated.",
      {
        title: "Calibration error",
        kind: "share",
        value: (c) => ({ mean: c.calibration.expectedCalibrationError }),
        format: accuracyTick,
      },
    ],
  ];
  const key = html`<span class="keys">${results.arms.map(
    ({ name }, arm) => html`<span class="${colourOf(arm)}"><span class="key numbered">${arm + 1}</span>${name}</span> `,
  )}</span>`;
  return foldedPart(
    `${id}-sparsity`,
    "Against sparsity",
    key,
    html`${charts.map(([title, note, figure]) => titled(title, html`<p class="note">${note}</p>${againstSparsity(results, figure)}`))}`,
  );
}

/** A confusion matrix an arm; null where results have none. */
function confusionPart({ arms, classes, seeds }: StudyResults, id: string): Part | null {
  if (!classes || !arms.some(({ confusion }) => confusion)) return null;
  const note = `Answers over all ${seeds.length} seeds. Row: the true class. Column: what the model said. Colour: share of the row.`;
  const each = arms.map(
    ({ name, confusion }, arm) =>
      confusion && html`<div class="panel ${colourOf(arm)}"><h4>${name}</h4>${confusions(classes, confusion, name)}</div>`,
  );
  return foldedPart(`${id}-confusion`, "What is confused", note, html`<div class="panels wide-panels">${each}</div>`);
}

const disagreementsPart = (results: StudyResults, id: string): Part | null =>
  results.disagreements === undefined
    ? null
    : foldedPart(
        `${id}-disagreements`,
        "Where arms disagree",
        `For each arm the texts on which it differs most from ${results.baseline}: in how many of ${results.seeds.length} seeds each of them is right.`,
        disagreementTables(results, results.disagreements),
      );

function furtherTestsPart(results: StudyResults, id: string): Part | null {
  const note =
    "Exploratory: they change no verdict, and none is corrected for the number of arms. Each speaks of what its group is named after.";
  const table = furtherTestsTable(results);
  return table && foldedPart(`${id}-tests`, "Further tests", note, table);
}

function settingsPart({ hyperparameters, arms }: StudyResults, id: string): Part | null {
  if (!hyperparameters) return null;
  const own = html`<dl class="options">${arms.map(({ name, pattern }) => html`<div class="given"><dt>${name}</dt><dd>${pattern}</dd></div>`)}</dl>`;
  const shared = html`<dl class="options">${Object.entries(hyperparameters).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${String(value)}</dd></div>`,
  )}</dl>`;
  const note = "What all arms train with, by Hugging Face’s names; before it what each arm has of its own.";
  return foldedPart(`${id}-settings`, "Hyper-parameters", note, html`${own}${shared}`);
}
