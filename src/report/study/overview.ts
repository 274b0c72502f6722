import type { StudyResults } from "../../studies/index.ts";
import { percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { acrossTasksCard, type NamedAcross } from "./tables/across-tasks.ts";
import { asPlanted, calibrationTitle, headline, tally } from "./verdicts.ts";

/** Several studies on one page: what was planted, what was found, and what they say together. */
export function overview(studies: readonly StudyResults[], across: readonly NamedAcross[]): Html {
  const planted = studies.some((study) => study.planted);
  return html`<header class="top"><p class="eyebrow">Crisp · ${studies.length} studies</p><h1>${calibrationTitle(studies)}.</h1>
${
  planted &&
  html`<p class="lede">What each corpus should show was written down before its first run. An instrument should find what was planted, and stay silent where nothing was, before it is pointed at your data.</p>`
}</header>
<ol class="checks">${studies.map((study, i) => check(study, i))}</ol>
${across.map((each) => acrossTasksCard(each, studies))}`;
}

function check(study: StudyResults, index: number): Html {
  const agrees = asPlanted(study);
  const mark = agrees === null ? "" : agrees ? "✓ as planted" : "✗ not as planted";
  return html`<li class="check"><a href="#study-${index}"><h2>${study.study}</h2></a>
<p class="mark ${agrees === null ? "" : agrees ? "agrees" : "differs"}">${mark}</p>
<dl>${study.planted && html`<dt>expected</dt><dd>${study.planted.expected}</dd>`}<dt>found</dt><dd><b>${tally(study)}.</b> ${headline(study)}</dd>
${study.planted && html`<dt>best reachable</dt><dd>${percent(study.planted.ceiling, 1)}</dd>`}</dl></li>`;
}
