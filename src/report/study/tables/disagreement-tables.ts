import type { Disagreements, StudyResults } from "../../../studies/index.ts";
import { scrolling } from "../../document.ts";
import { count } from "../../format.ts";
import { type Html, html } from "../../html.ts";
import { colourOf } from "../../row-chart.ts";

const MOST_CHARACTERS = 240;
const shortened = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text);

/** Texts on which each arm differs most from the baseline, one table an arm. */
export const disagreementTables = ({ arms, baseline }: StudyResults, all: Disagreements): Html =>
  html`${all.arms.map(({ arm, onlyArm, onlyBaseline, examples }) => {
    const colour = arms.findIndex(({ name }) => name === arm);
    const title = html`<span class="key"></span>${arm}: right alone in ${count(onlyArm)} answers, ${baseline} in ${count(onlyBaseline)}`;
    return html`<details class="${colourOf(colour)}"${colour === 1 && html` open`}><summary>${title}</summary>
${scrolling(
  `Where ${arm} and ${baseline} disagree`,
  html`<table class="figures">
<thead><tr><th scope="col">text</th><th scope="col">label</th><th scope="col">${arm}</th><th scope="col">${baseline}</th></tr></thead>
<tbody>${examples.map(
    ({ text, label, armRight, baselineRight }) =>
      html`<tr><th scope="row">${shortened(text)}</th><td>${label}</td><td>${armRight}</td><td>${baselineRight}</td></tr>`,
  )}</tbody></table>`,
)}</details>`;
  })}`;
