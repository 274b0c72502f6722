import type { ArmResult, StudyResults } from "../../studies/index.ts";
import { card, contents, type Part, part } from "../document.ts";
import { capital, count, fixed, inWords, listed, percent, unbroken } from "../format.ts";
import { type Html, html } from "../html.ts";
import { colourOf, type Reference } from "../row-chart.ts";
import { attentionLook } from "./attention-map.ts";
import { dotPlot } from "./dot-plot.ts";
import { foldedParts } from "./folded-parts.ts";
import { forestPlot } from "./forest-plot.ts";
import { accuracyTick, lossTick } from "./ticks.ts";
import { headline, verdictPill } from "./verdicts.ts";

/** One study: verdicts, contents, charts, folded details, provenance. `index` null means the only one on its page. */
export function studySection(results: StudyResults, index: number | null): Html {
  const id = `study-${index ?? 0}`;
  const title = index === null ? html`<h1>${headline(results)}</h1>` : html`<h2 class="study-title">${headline(results)}</h2>`;
  const parts = [
    differencePart(results, id),
    figuresPart(results, id),
    attentionPart(results, id),
    ...foldedParts(results, id),
    provenance(results, id),
  ].filter((each) => each !== null);
  return html`<section class="study" id="${id}">
<header class="top"><p class="eyebrow">${index === null ? "Crisp study" : `Study ${index + 1}`} · ${results.study}</p>${title}</header>
${facts(results)}
<ul class="verdicts">${results.arms.map(
    ({ name, verdict }, i) =>
      name !== results.baseline &&
      html`<li class="${colourOf(i)}">${verdictPill(verdict.word)}<p>${unbroken(verdict.sentence)}</p></li>`,
  )}</ul>
${contents(`Contents of ${results.study}`, parts)}
${parts.map(({ markup }) => markup)}
</section>`;
}

function facts(results: StudyResults): Html {
  const { seeds, arms, examples, majority, planted, takenFrom = [] } = results;
  const items: [string, string][] = [
    ["corpus", results.synthetic ? `${results.corpus} (synthetic)` : results.corpus],
    ["paired seeds", String(seeds.length)],
    [
      "sentences",
      `${count(examples.train)} train · ${count(examples.selection)} selection · ${count(examples.reported)} reported`,
    ],
    ["majority class", percent(majority, 1)],
  ];
  if (takenFrom.length > 0) items.push(["runs taken over", `${takenFrom.length} of ${arms.length * seeds.length}`]);
  if (planted) items.push(["best reachable", percent(planted.ceiling, 1)], ["planted", planted.expected]);
  return html`<dl class="facts">${items.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const differencePart = (results: StudyResults, id: string): Part | null =>
  results.arms.some((c) => c.difference)
    ? part(
        `${id}-difference`,
        `Accuracy against ${results.baseline}, in points`,
        html`Thin line: 95 % interval for sentences like these, Holm-corrected; the verdict reads this one. Thick: these very sentences. Small dots: one seed each, paired. Shaded: less than half a point.`,
        forestPlot(results),
      )
    : null;

const figuresPart = (results: StudyResults, id: string): Part => ({
  id: `${id}-figures`,
  title: "Accuracy and loss",
  markup: html`<div class="cards part" id="${id}-figures">${accuracyCard(results)}${lossCard(results)}</div>`,
});

const legend = html`Large dot: mean. Bar: 95 % over seeds. Small dots: seeds. Ring: the same weights with sparsity off.`;

function accuracyCard(results: StudyResults): Html {
  const levels: Reference[] = [{ value: results.majority, label: "majority class", kind: "majority" }];
  if (results.planted) levels.push({ value: results.planted.ceiling, label: "best reachable", kind: "ceiling" });
  return card(
    "Accuracy",
    legend,
    dotPlot(results, {
      title: "Accuracy",
      kind: "share",
      levels,
      value: (c: ArmResult) => c.accuracy,
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
    html`${legend} Lower is better, but can be mere under-confidence: compare the loss after temperature in all figures.`,
    dotPlot(results, {
      title: "Evaluation loss",
      kind: "other",
      levels: [],
      value: (c) => c.evalLoss,
      off: (c) => c.denseEvaluation.evalLoss,
      format: (v) => fixed(v),
      plusMinus: (half) => half.toFixed(3),
      tick: lossTick,
    }),
  );

function attentionPart(results: StudyResults, id: string): Part | null {
  const look = attentionLook(results, `${id}-look`);
  const note = html`Row: the token that asks. Column: the token it looks at. Stronger colour is more; hatched <span class="swatch"></span> pairs were removed and got nothing, which is not the same as pale. Of the first seed.`;
  return look && part(`${id}-attention`, "Where the model looks", note, look);
}

function provenance(results: StudyResults, id: string): Part {
  const { command, environment, seeds, createdAt, takenFrom = [] } = results;
  const title = "How this came about";
  return {
    id: `${id}-provenance`,
    title,
    markup: html`<footer class="provenance part" id="${id}-provenance"><h3>${title}</h3><pre tabindex="0"><code>${command}</code></pre>
<dl>${Object.entries(environment).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}<div><dt>seeds</dt><dd>${seeds.join(", ")}</dd></div><div><dt>made</dt><dd>${createdAt}</dd></div></dl>${takenOver(takenFrom)}</footer>`,
  };
}

/** Which runs another study did, an arm of a study a line. */
function takenOver(runs: NonNullable<StudyResults["takenFrom"]>): Html | null {
  if (runs.length === 0) return null;
  const lines = runs.flatMap(({ arm, study }, at) => {
    const own = runs.filter((run) => run.arm === arm && run.study === study);
    if (own[0] !== runs[at]) return [];
    const seeds = listed(own.map(({ seed }) => String(seed)));
    return html`<li>${arm}, seed${own.length > 1 && "s"} ${seeds}: taken from ${study}</li>`;
  });
  return html`<p>${capital(inWords(runs.length))} run${runs.length > 1 && "s"} of this study ${runs.length > 1 ? "were" : "was"} done by another one, and the same here:</p><ul class="taken">${lines}</ul>`;
}
