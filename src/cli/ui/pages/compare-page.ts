import {
  card,
  count,
  figureName,
  figureText,
  figureTick,
  fixed,
  type Html,
  html,
  type Line,
  lineChart,
  smoothed,
  thinned,
} from "../../../report/index.ts";
import type { ShownRun } from "../runs/run-source.ts";
import { address, page, table } from "./layout.ts";
import { progressText, stateWord } from "./list-page.ts";

/** Colours there are, so that each run has its own. */
export const MOST_COMPARED = 8;

const MOST_FIGURES = 6;

/** Runs over each other: curves, figures, and the settings that differ. */
export function comparePage(runs: readonly ShownRun[], asked: number): string {
  const body = html`<h1>${count(runs.length)} ${runs.length === 1 ? "run" : "runs"} compared</h1>
${asked > runs.length && html`<p class="note">The first ${MOST_COMPARED} of ${count(asked)}.</p>`}
${runs.length === 0 ? html`<p>Tick some in <a href="/">the list</a>.</p>` : content(runs)}`;
  return page({ title: "Compare", body });
}

function content(runs: readonly ShownRun[]): Html {
  return html`<ul class="keys">${runs.map(
    ({ place, state }, at) =>
      html`<li class="c${at}"><span class="key"></span><a href="${address("/run", { path: place.path || "." })}">${place.name}</a> ${stateWord(state.word)}</li>`,
  )}</ul>
<div class="cards">${curves(runs)}</div>
<h2>Figures</h2>${figures(runs)}
<h2>Settings that differ</h2>${settings(runs)}`;
}

function curves(runs: readonly ShownRun[]): Html[] {
  const updates = Math.max(
    ...runs.map(({ state: { course } }) => course.steps.at(-1)?.step ?? course.evaluations.at(-1)?.step ?? 0),
  );
  const hasAccuracy = runs.some(({ state }) => state.course.evaluations.some(({ evalAccuracy }) => evalAccuracy !== undefined));
  const others = runs.flatMap(({ state }) => state.course.evaluations.flatMap(({ figures }) => Object.keys(figures ?? {})));
  const names = new Set([...(hasAccuracy ? ["accuracy"] : []), ...others]);
  names.delete("loss");
  const chart = (
    title: string,
    note: string,
    linesOf: (run: ShownRun) => Line["points"],
    kind: Line["kind"],
    tick: (value: number, digits: number) => string,
  ): Html | null => {
    const lines = runs.map((run, colour) => ({ points: linesOf(run), colour, kind }));
    const drawn = lineChart({ title, updates, lines, tick });
    return drawn && card(title, note, drawn);
  };
  return [
    chart(
      "Training loss",
      "Of each update, smoothed.",
      ({ state }) => smoothed(thinned(state.course.steps.map(({ step, loss }) => ({ step, value: loss })))),
      "thick",
      fixed,
    ),
    chart("Held-out loss", "At each evaluation.", (run) => evaluations(run, ({ evalLoss }) => evalLoss), "points", fixed),
    ...[...names].slice(0, MOST_FIGURES).map((name) =>
      chart(
        figureName(name),
        "At each evaluation.",
        (run) =>
          evaluations(run, ({ figures, evalAccuracy }) => figures?.[name] ?? (name === "accuracy" ? evalAccuracy : undefined)),
        "points",
        (value, digits) => figureTick(name, value, digits),
      ),
    ),
    chart(
      "Learning rate",
      "Of each update.",
      ({ state }) => thinned(state.course.steps.map(({ step, learningRate }) => ({ step, value: learningRate }))),
      "thick",
      (value) => (value === 0 ? "0" : value.toExponential(1)),
    ),
  ].filter((each) => each !== null);
}

const evaluations = (
  { state }: ShownRun,
  of: (point: ShownRun["state"]["course"]["evaluations"][number]) => number | undefined,
): Line["points"] =>
  state.course.evaluations.flatMap((point) => {
    const value = of(point);
    return value === undefined ? [] : [{ step: point.step, value }];
  });

const head = (runs: readonly ShownRun[]): string[] => ["", ...runs.map(({ place }) => place.name)];

function figures(runs: readonly ShownRun[]): Html {
  const ofRun = runs.map(
    ({ state, settings }) => ({ ...state.figures, ...settings.figures }) as Readonly<Record<string, number>>,
  );
  const names = [...new Set(ofRun.flatMap((all) => Object.keys(all)))];
  return table("Figures", head(runs), [
    html`<tr><th scope="row">updates</th>${runs.map(({ state }) => html`<td>${progressText(state)}</td>`)}</tr>`,
    ...names.map(
      (name) =>
        html`<tr><th scope="row">${figureName(name)}</th>${ofRun.map((all) => html`<td>${all[name] === undefined ? "–" : figureText(name, all[name])}</td>`)}</tr>`,
    ),
  ]);
}

/** Names of settings whose values are not the same in all runs; one that a run does not have differs. */
export function differing(settings: readonly ShownRun["settings"]["values"][]): string[] {
  const names = [...new Set(settings.flatMap((values) => Object.keys(values)))];
  return names.filter((name) => new Set(settings.map((values) => values[name])).size > 1);
}

function settings(runs: readonly ShownRun[]): Html {
  const names = differing(runs.map(({ settings }) => settings.values));
  if (names.length === 0) return html`<p>${runs.length === 1 ? "Compare it with another run to see any." : "None."}</p>`;
  return table(
    "Settings that differ",
    head(runs),
    names.map(
      (name) =>
        html`<tr><th scope="row">${name}</th>${runs.map(({ settings }) => html`<td class="text-cell">${settings.values[name] ?? "–"}</td>`)}</tr>`,
    ),
  );
}
