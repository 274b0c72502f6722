import type { ArmResult, StudyResults } from "../../studies/index.ts";
import { card } from "../document.ts";
import { count, fixed, percent, unbroken } from "../format.ts";
import { type Html, html } from "../html.ts";
import type { Reference } from "../row-chart.ts";
import { againstSparsity } from "./against-sparsity.ts";
import { attentionMaps } from "./attention-map.ts";
import { dotPlot } from "./dot-plot.ts";
import { forestPlot } from "./forest-plot.ts";
import { learningCurves } from "./learning-curves.ts";
import { disagreementTables } from "./tables/disagreement-tables.ts";
import { figuresTable } from "./tables/figures-table.ts";
import { furtherTestsTable } from "./tables/further-tests-table.ts";
import { headline, verdictPill } from "./verdicts.ts";

/** One study: verdicts, charts, table, maps, provenance. `index` null means the only one on its page. */
export function studySection(results: StudyResults, index: number | null): Html {
  const title = index === null ? html`<h1>${headline(results)}</h1>` : html`<h2 class="study-title">${headline(results)}</h2>`;
  return html`<section class="study" id="study-${index ?? 0}">
<header class="top"><p class="eyebrow">${index === null ? "Crisp study" : `Study ${index + 1}`} · ${results.study}</p>${title}</header>
${facts(results)}
<ul class="verdicts">${results.arms.map(
    ({ name, verdict }, i) =>
      name !== results.baseline && html`<li class="c${i}">${verdictPill(verdict.word)}<p>${unbroken(verdict.sentence)}</p></li>`,
  )}</ul>
<div class="cards">
${differenceCard(results)}
${accuracyCard(results)}
${lossCard(results)}
${curveCards(results)}
${sparsityCards(results)}
</div>
${card("All figures", "Mean over seeds ± half the 95 % interval over seeds; hover a figure for each seed.", figuresTable(results), "wide")}
${furtherTestsCard(results)}
${disagreementsCard(results)}
${
  results.attentionMaps.length > 0 &&
  card(
    "Where the model looks",
    html`Row: the token that asks. Column: the token it looks at. Stronger colour is more; hatched <span class="swatch"></span> pairs were removed and got nothing, which is not the same as pale.`,
    html`${results.attentionMaps.map((map) => attentionMaps(results, map))}`,
    "wide",
  )
}
${provenance(results)}
</section>`;
}

function facts(results: StudyResults): Html {
  const { seeds, examples, majority, planted } = results;
  const items: [string, string][] = [
    ["corpus", results.synthetic ? `${results.corpus} (synthetic)` : results.corpus],
    ["paired seeds", String(seeds.length)],
    [
      "sentences",
      `${count(examples.train)} train · ${count(examples.selection)} selection · ${count(examples.reported)} reported`,
    ],
    ["majority class", percent(majority, 1)],
  ];
  if (planted) items.push(["best reachable", percent(planted.ceiling, 1)], ["planted", planted.expected]);
  return html`<dl class="facts">${items.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const differenceCard = (results: StudyResults): Html | null =>
  results.arms.some((c) => c.difference)
    ? card(
        `Accuracy against ${results.baseline}, in points`,
        html`Thin line: 95 % interval for sentences like these, Holm-corrected; the verdict reads this one. Thick: these very sentences. Small dots: one seed each, paired. Shaded: less than half a point.`,
        forestPlot(results),
        "wide",
      )
    : null;

function accuracyCard(results: StudyResults): Html {
  const levels: Reference[] = [{ value: results.majority, label: "majority class", kind: "majority" }];
  if (results.planted) levels.push({ value: results.planted.ceiling, label: "best reachable", kind: "ceiling" });
  return card(
    "Accuracy",
    legend,
    dotPlot(results, {
      title: "Accuracy",
      levels,
      value: (c) => c.accuracy,
      off: (c) => c.denseEvaluation.accuracy,
      format: (v) => percent(v),
      plusMinus: (half) => (100 * half).toFixed(2),
      tick: accuracyTick,
    }),
  );
}

const lossCard = (results: StudyResults): Html =>
  card(
    "Evaluation loss",
    html`${legend} Lower is better, but can be mere under-confidence: compare the loss after temperature below.`,
    dotPlot(results, {
      title: "Evaluation loss",
      levels: [],
      value: (c) => c.evalLoss,
      off: (c) => c.denseEvaluation.evalLoss,
      format: (v) => fixed(v),
      plusMinus: (half) => half.toFixed(3),
      tick: (v, digits) => fixed(v, digits),
    }),
  );

const legend = html`Large dot: mean. Bar: 95 % over seeds. Small dots: seeds. Ring: the same weights with sparsity off.`;

const accuracyTick = (value: number, digits: number): string => percent(value, Math.max(0, digits - 2));

function curveCards(results: StudyResults): (Html | null)[] {
  const note = `Thin: one seed. Thick: mean. Dashed: the mean of ${results.baseline}.`;
  const charts: [string, Html | null][] = [
    ["Accuracy while training", learningCurves(results, "evalAccuracy", accuracyTick)],
    ["Evaluation loss while training", learningCurves(results, "evalLoss", (v, digits) => fixed(v, digits))],
    ["Training loss", learningCurves(results, "trainLoss", (v, digits) => fixed(v, digits))],
  ];
  return charts.map(([title, chart]) => chart && card(title, note, chart, "wide"));
}

function sparsityCards(results: StudyResults): Html[] {
  const loss = (v: number, digits: number) => fixed(v, digits);
  const cards = [
    ["Accuracy", "Each small dot is a seed.", (c: ArmResult) => c.accuracy, accuracyTick],
    [
      "Generalisation gap",
      "Evaluation loss minus training loss, both in evaluation mode. A regulariser pulls it down.",
      (c: ArmResult) => c.gap,
      loss,
    ],
    [
      "Calibration error",
      "Mean over seeds, 15 bins. Lower is better calibrated.",
      (c: ArmResult) => ({ mean: c.calibration.expectedCalibrationError }),
      accuracyTick,
    ],
  ] as const;
  return cards.map(([title, note, value, format]) =>
    card(
      `${title} and sparsity`,
      html`${note} ${colourKey(results)}`,
      againstSparsity(results, { title, value, format }),
      "wide",
    ),
  );
}

function furtherTestsCard(results: StudyResults): Html | null {
  const note =
    "Exploratory: they change no verdict, and none is corrected for the number of arms. Each speaks of what its group is named after; hover McNemar’s p for each seed’s sentences gained and lost.";
  const table = furtherTestsTable(results);
  return table && card("Further tests", note, table, "wide");
}

const disagreementsCard = (results: StudyResults): Html | null =>
  results.disagreements === undefined
    ? null
    : card(
        "Where arms disagree",
        `For each arm the texts on which it differs most from ${results.baseline}: in how many of ${results.seeds.length} seeds each of them is right.`,
        disagreementTables(results, results.disagreements),
        "wide",
      );

const colourKey = (results: StudyResults): Html =>
  html`<span class="keys">${results.arms.map((c, i) => html`<span class="c${i}"><span class="key"></span>${c.name}</span>`)}</span>`;

function provenance(results: StudyResults): Html {
  return html`<footer class="provenance"><h3>How this came about</h3><pre><code>${results.command}</code></pre>
<dl>${Object.entries(results.environment).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}<div><dt>seeds</dt><dd>${results.seeds.join(", ")}</dd></div><div><dt>made</dt><dd>${results.createdAt}</dd></div></dl></footer>`;
}
