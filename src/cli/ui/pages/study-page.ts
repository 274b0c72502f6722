import { count, duration, fixed, type Html, html, percent } from "../../../report/index.ts";
import {
  BASELINE,
  type Disagreements,
  FEWEST_SEEDS,
  points,
  type RunKey,
  runName,
  type StudyResults,
} from "../../../studies/index.ts";
import { withoutPasswords } from "../../run-command.ts";
import { asTexts } from "../shown-values.ts";
import type { JudgedStudy, StudyCell, StudyExtras, StudyState } from "../studies/study-source.ts";
import { studyActions } from "./action-pages.ts";
import { address, facts, page, table } from "./layout.ts";

export interface StudyView {
  readonly path: string;
  readonly state: StudyState & StudyExtras;
  /** At the last look of the plan that is reached, where the study has not written its own results; undefined while it is being computed. */
  readonly look?: JudgedStudy;
}

/** A study: its runs by arm and seed, its verdicts, and where its arms differ. */
export function studyPage({ path, state, look }: StudyView): string {
  const { study, corpus, command, plan, options, done, total, results, report } = state;
  const body = html`<p class="eyebrow">study · ${corpus}</p><h1>${study}</h1>
<div class="actions">${studyActions(path, state.canStop)}${report !== undefined && html`<a href="${address("/report", { path: report || "." })}">Its report</a>`}</div>
<div id="study" data-fresh>${facts([
    ["runs done", `${count(done)} of ${count(total)}`],
    ["time left", done === total || state.secondsLeft === null ? undefined : duration(state.secondsLeft)],
    ["claims", plan.claims.join(", ") || "none"],
    ["looks", `at ${plan.looks.join(", ")} seeds`],
  ])}
<h2>Verdicts</h2>${results ? finalVerdicts(results) : verdictsSoFar(state, look)}
<h2>Runs</h2>${runsTable(state)}
${results?.disagreements ? disagreements(results.disagreements, results) : look && disagreements(look.disagreements, { baseline: BASELINE, seeds: plan.seeds.slice(0, look.look) })}</div>
<h2>Settings</h2><pre class="command"><code>${withoutPasswords(command)}</code></pre>${facts(Object.entries(asTexts(options)))}`;
  const open = done < total || (state.look !== null && !results && !look);
  return page({ title: study, body, ...(open && { again: 2 }) });
}

const pill = (word: string): Html => html`<span class="pill ${word.replaceAll(" ", "-")}">${word}</span>`;

const finalVerdicts = ({ arms }: StudyResults): Html =>
  html`<ul class="verdicts">${arms.map(({ verdict }) => html`<li>${pill(verdict.word)}<p>${verdict.sentence}</p></li>`)}</ul>`;

/** Nothing is said between two looks: whoever looks until it is significant is wrong far too often. */
function verdictsSoFar({ plan, look: reached }: StudyState, look: JudgedStudy | undefined): Html {
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

/** More of them have the same cause. */
const MOST_TROUBLES = 20;

function runsTable({ arms, seeds, cell, runPath }: StudyState & StudyExtras): Html {
  const row = (arm: string): Html =>
    html`<tr><th scope="row">${arm}</th>${seeds.map((seed) => html`<td>${runCell({ arm, seed }, cell(arm, seed), runPath)}</td>`)}</tr>`;
  const note = html`<p class="note">Accuracy on the reported split of runs that are done, and how far the others are. Each leads to its run.</p>`;
  const troubles = seeds.flatMap((seed) =>
    arms.flatMap((arm) => {
      const { message } = cell(arm, seed);
      return message === undefined ? [] : [html`<p class="note">${arm}, seed ${seed}: ${message}</p>`];
    }),
  );
  return html`${note}${table("Runs by arm and seed", ["arm", ...seeds.map((seed) => `seed ${seed}`)], arms.map(row))}${troubles.slice(0, MOST_TROUBLES)}`;
}

function runCell(run: RunKey, found: StudyCell, runPath: StudyExtras["runPath"]): Html {
  if (found.word === "waiting") return html`–`;
  const shown = html`<span class="state ${found.word}">${cellText(found)}</span>`;
  const href = address("/run", { path: runPath(runName(run)) });
  return html`<a href="${href}" aria-label="${run.arm}, seed ${run.seed}: ${found.word} ${cellText(found)}">${shown}</a>`;
}

function cellText({ word, accuracy, share }: StudyCell): string {
  if (accuracy !== undefined) return fixed(accuracy, 4);
  return word === "running" && share !== undefined ? percent(share, 0) : word;
}

/** Texts that an arm and the baseline answer differently. */
const disagreements = ({ arms }: Disagreements, { baseline, seeds }: Pick<StudyResults, "baseline" | "seeds">): Html =>
  html`<h2>Where arms differ</h2>${arms.map(
    ({ arm, onlyArm, onlyBaseline, examples }) =>
      html`<h3>${arm}</h3><p class="note">Over ${seeds.length} seeds it alone is right ${count(onlyArm)} times, ${baseline} alone ${count(onlyBaseline)} times.</p>${
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
