import type { ArmResult, StudyResults } from "../../../studies/index.ts";
import { scrolling } from "../../document.ts";
import { type Html, html } from "../../html.ts";
import { colourOf } from "../../row-chart.ts";

export type Cell = (c: ArmResult) => Html | string | null;

/**
 * Figures of arms: one column an arm, one row a figure, rows in named groups. Rows that no arm has a figure for are left out.
 *
 * @param title - For readers that see no page.
 * @param arms - All of a study, so that each keeps its colour; `shown` chooses among them.
 */
export function armTable(
  title: string,
  arms: StudyResults["arms"],
  groups: readonly (readonly [string, readonly (readonly [string, Cell])[]])[],
  shown: (c: ArmResult) => boolean = () => true,
): Html {
  const columns = arms.map((arm, colour) => ({ arm, colour })).filter(({ arm }) => shown(arm));
  return scrolling(
    title,
    html`<table class="figures">
<thead><tr><td></td>${columns.map(({ arm, colour }) => html`<th scope="col" class="${colourOf(colour)}"><span class="key"></span>${arm.name}</th>`)}</tr></thead>
${groups.map(([group, rows]) => {
  const filled = rows.filter(([, cell]) => columns.some(({ arm }) => cell(arm)));
  return html`<tbody><tr class="group"><th colspan="${columns.length + 1}" scope="rowgroup"><span>${group}</span></th></tr>
${filled.map(([name, cell]) => html`<tr><th scope="row">${name}</th>${columns.map(({ arm }) => html`<td>${cell(arm) || html`<span class="pm">–</span>`}</td>`)}</tr>`)}</tbody>`;
})}</table>`,
  );
}
