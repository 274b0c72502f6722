import {
  card,
  confusions,
  count,
  curveCards,
  duration,
  figureName,
  figureText,
  fixed,
  type Html,
  html,
} from "../../../report/index.ts";
import type { RunExtras, ShownRun } from "../runs/run-source.ts";
import { answersSection } from "./answers-page.ts";
import { address, facts, page, table } from "./layout.ts";
import { progressText, stateWord } from "./list-page.ts";

/** Parts of a run's page that change while it runs, by the id of their element. */
export type RunParts = Readonly<Record<"state" | "progress" | "curves", Html>>;

export function runParts({ state, settings }: Pick<ShownRun, "state" | "settings">): RunParts {
  const { figures, tokensPerSecond, secondsLeft, loss, course } = state;
  const last = course.steps.at(-1);
  return {
    state: html`${stateWord(state.word)}${state.message !== undefined && html`<span class="error">${state.message}</span>`}`,
    progress: facts([
      ["updates", state.steps === 0 ? "none yet" : progressText(state)],
      ["time left", secondsLeft === undefined ? undefined : duration(secondsLeft)],
      ["training took", state.seconds === undefined ? undefined : duration(state.seconds)],
      ["loss", loss === undefined ? undefined : fixed(loss, 4)],
      ["tokens a second", tokensPerSecond === undefined ? undefined : count(Math.round(tokensPerSecond))],
      ["learning rate", last?.learningRate.toExponential(2)],
      ["gradient norm", last && fixed(last.gradientNorm, 3)],
      ...Object.entries(figures).map(
        ([name, value]) => [`${figureName(name)}, last evaluation`, figureText(name, value)] as const,
      ),
    ]),
    curves: html`<div class="cards">${curveCards({
      course,
      maxGradNorm: settings.maxGradNorm,
      primary: { name: "accuracy" },
    })}</div>`,
  };
}

/** One run: how it goes, what it follows from, and what it answered. */
export function runPage(view: ShownRun & RunExtras): string {
  const { place, settings, report, model, actions, notes } = view;
  const path = place.path || ".";
  const parts = runParts(view);
  const body = html`<p class="eyebrow">${place.study ? html`<a href="${address("/study", { path: place.study.path || "." })}">study ${place.study.path || "of this folder"}</a>` : "training"}</p>
<h1>${place.name}</h1><p id="state" role="status" data-fresh>${parts.state}</p>
<div class="actions">${actions}${model && html`<a href="${address("/try", { path })}">Try sentences</a>`}${report && html`<a href="${address("/report", { path })}">Its report</a>`}<a href="${address("/compare", { run: path })}">Compare</a></div>
<div id="progress" data-fresh>${parts.progress}</div><div id="curves" data-fresh>${parts.curves}</div>
${notes.map((note) => html`<p class="note">${note}</p>`)}
${answersPart(view)}
${
  Object.keys(settings.figures).length > 0 &&
  html`<h2>Figures</h2>${facts(Object.entries(settings.figures).map(([name, value]) => [figureName(name), figureText(name, value)]))}`
}
<h2>Settings</h2>${settings.command !== undefined && html`<pre class="command"><code>${settings.command}</code></pre>`}
${table(
  "Settings",
  ["setting", "value"],
  Object.entries(settings.values).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td class="text-cell">${value}</td></tr>`,
  ),
)}`;
  return page({ title: place.name, body, ...view.follow });
}

function answersPart({ place, answers, noAnswers, confusion }: ShownRun & RunExtras): Html {
  if (confusion) {
    const labels = confusion.map((_, at) => `class ${at}`);
    const note = "Over the reported split; rows are true classes. Texts of a study are not kept run by run.";
    return html`<h2>Confusions</h2>${card("Confusion matrix", note, confusions(labels, confusion))}`;
  }
  if (answers) return answersSection(place, answers);
  return html`<h2>Held-out answers</h2><p class="note">${noAnswers}</p>`;
}
