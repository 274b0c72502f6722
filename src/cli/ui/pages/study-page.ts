import { count, duration, fixed, type Html, html, percent } from "../../../report/index.ts";
import { FEWEST_SEEDS, type PlannedLook, points, runName, type StudyResults } from "../../../studies/index.ts";
import type { StudyCell, StudyState } from "../read-study.ts";
import { address, facts, page, table } from "./layout.ts";

export interface StudyView {
  readonly path: string;
  readonly state: StudyState;
  /** At the last look of the plan that is reached, while later seeds run; undefined where there is none, or it is being computed. */
  readonly look?: PlannedLook;
  /** Path of the folder that holds its report. */
  readonly report?: string;
  readonly actions: Html;
}

/** A study: its runs by arm and seed, its verdicts, and where its arms differ. */
export function studyPage({ path, state, look, report, actions }: StudyView): string {
  const { file, done, total, results } = state;
  const { study, corpus, command, plan } = file;
  const body = html`<p class="eyebrow">study · ${corpus}</p><h1>${study}</h1>
<div class="actions">${actions}${report !== undefined && html`<a href="${address("/report", { path: report || "." })}">Its report</a>`}</div>
<div id="study" data-fresh>${facts([
    ["runs done", `${count(done)} of ${count(total)}`],
    ["time left", done === total || state.secondsLeft === null ? undefined : duration(state.secondsLeft)],
    ["claims", plan.claims.join(", ") || "none"],
    ["looks", `at ${plan.looks.join(", ")} seeds`],
  ])}
<h2>Verdicts</h2>${results ? finalVerdicts(results) : verdictsSoFar(state, look)}
<h2>Runs</h2>${runsTable(path, state)}</div>
${results?.disagreements && disagreements(results)}
<h2>Settings</h2><pre class="command"><code>${command}</code></pre>${facts(
    Object.entries(file.options).map(([name, value]) => [
      name,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  )}`;
  return page({ title: study, body, ...(done < total && { again: 2 }) });
}

const pill = (word: string): Html => html`<span class="pill ${word.replaceAll(" ", "-")}">${word}</span>`;

const finalVerdicts = ({ arms }: StudyResults): Html =>
  html`<ul class="verdicts">${arms.map(({ verdict }) => html`<li>${pill(verdict.word)}<p>${verdict.sentence}</p></li>`)}</ul>`;

/** Nothing is said between two looks: whoever looks until it is significant is wrong far too often. */
function verdictsSoFar({ file: { plan }, look: reached }: StudyState, look: PlannedLook | undefined): Html {
  if (plan.claims.length === 0) return html`<p>The study claims nothing, so there is nothing to judge.</p>`;
  const next = plan.looks.find((each) => each > (reached ?? 0));
  const coming =
    next !== undefined && html`<p class="note">The next look is planned at ${next} seeds; nothing is judged before it.</p>`;
  if (reached === null || reached < FEWEST_SEEDS) {
    const few = plan.looks.every((each) => each < FEWEST_SEEDS);
    return few
      ? html`<p class="note">A verdict needs at least ${FEWEST_SEEDS} paired seeds, and the plan has fewer.</p>`
      : html`${coming}`;
  }
  if (!look) return html`<p class="note">The look at ${reached} seeds is being computed.</p>${coming}`;
  return html`<ul class="verdicts">${look.verdicts.map(
    ({ arm, verdict, difference: { mean, low, high, level } }) =>
      html`<li>${pill(verdict.word)}<p>${arm} against dense, at the look of ${look.look} seeds: ${points(mean)} points, ${percent(level, 1)} interval ${points(low)} to ${points(high)}.</p></li>`,
  )}</ul>${coming}`;
}

function runsTable(path: string, { arms, seeds, cell }: StudyState): Html {
  const row = (arm: string): Html =>
    html`<tr><th scope="row">${arm}</th>${seeds.map((seed) => {
      const name = runName({ arm, seed });
      const href = address("/run", { path: `${path === "" ? "" : `${path}/`}runs/${name}` });
      const found = cell(arm, seed);
      return html`<td>${found.word === "waiting" ? "–" : html`<a href="${href}" aria-label="${arm}, seed ${seed}: ${found.word} ${cellText(found)}"${found.message !== undefined && html` title="${found.message}"`}><span class="state ${found.word}">${cellText(found)}</span></a>`}</td>`;
    })}</tr>`;
  const note = html`<p class="note">Accuracy on the reported split of runs that are done, and how far the others are. Each leads to its run.</p>`;
  return html`${note}${table("Runs by arm and seed", ["arm", ...seeds.map((seed) => `seed ${seed}`)], arms.map(row))}`;
}

function cellText({ word, accuracy, share }: StudyCell): string {
  if (accuracy !== undefined) return fixed(accuracy, 4);
  return word === "running" && share !== undefined ? percent(share, 0) : word;
}

/** Texts that an arm and the baseline answer differently, as the results keep them. */
const disagreements = ({ disagreements, baseline, seeds }: StudyResults): Html =>
  html`<h2>Where arms differ</h2>${disagreements!.arms.map(
    ({ arm, onlyArm, onlyBaseline, examples }) =>
      html`<h3>${arm}</h3><p class="note">Over all seeds it alone is right ${count(onlyArm)} times, ${baseline} alone ${count(onlyBaseline)} times.</p>${
        examples.length > 0 &&
        table(
          `Texts on which ${arm} and ${baseline} differ`,
          ["text", "class", `${arm} right`, `${baseline} right`],
          examples.map(
            ({ text, label, armRight, baselineRight }) =>
              html`<tr><td class="text-cell">${text}</td><td>${label}</td><td>${armRight} of ${seeds.length}</td><td>${baselineRight} of ${seeds.length}</td></tr>`,
          ),
        )
      }`,
  )}`;
