import { card, confusions, count, type Html, html, MOST_IN_MAP } from "../../../report/index.ts";
import type { AnswerRows, Answers, Cell } from "../read-answers.ts";
import type { RunName } from "../runs/run-source.ts";
import { address, page, table } from "./layout.ts";

/** What a training answered on its held-out rows, by true class and class that was said. */
export function answersSection({ path }: RunName, { mistakes, right, confusion }: Answers): Html {
  const to = (cell: object): string => address("/run/answers", { path: path || ".", ...cell });
  const rights =
    right &&
    html` · <a href="${to({ of: "right" })}">${right.total === 1 ? "the right one" : `the ${count(right.total)} right ones`}</a>`;
  const { labels = [], matrix = [] } = confusion ?? {};
  const note = right ? "" : " Its right answers were not kept, so the diagonal is empty.";
  const cells = labels.length > MOST_IN_MAP ? "The worst confusions; a number opens its texts." : "A cell opens its texts.";
  return html`<h2>Held-out answers</h2><p><a href="${to({})}">All ${count(mistakes.rows.length)} mistakes</a>${rights}</p>
${
  labels.length > 0 &&
  card(
    "Confusions",
    `Rows are true classes, columns what was said. ${cells}${note}`,
    confusions(labels, matrix, "", (truth, said) =>
      matrix[truth][said] > 0 ? to({ label: labels[truth], predicted: labels[said] }) : undefined,
    ),
  )
}`;
}

export interface AnswersView {
  readonly place: RunName;
  readonly columns: readonly string[];
  /** Those that are shown, of all. */
  readonly rows: readonly (readonly string[])[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  /** Left out, all of their kind. */
  readonly cell?: Cell;
  /** Of right answers, how many there were, kept or not; left out, mistakes are shown. */
  readonly right?: number;
}

/** Held-out answers: mistakes, or right ones. */
export function answersPage({ place, columns, rows, total, cell, right, ...at }: AnswersView): string {
  const path = place.path || ".";
  const of = cell ?? (right !== undefined && { of: "right" });
  const to = (number: number): string => address("/run/answers", { path, ...of, page: number + 1 });
  const what = cell
    ? html`“${cell.label}” that were said to be “${cell.predicted}”`
    : html`${right === undefined ? "All mistakes" : "Right answers"}`;
  const [before, after] = right === undefined ? ["surer", "less sure"] : ["less sure", "surer"];
  const rowsOf = `${count(total)} ${total === 1 ? "row" : "rows"} of`;
  const note =
    right === undefined
      ? `${rowsOf} errors.csv, the surest first.`
      : `${rowsOf} right-answers.json, the least sure first.${total < right ? ` The surest are left out there: it holds about 4 million characters. There were ${count(right)}.` : ""}`;
  const body = html`<p class="eyebrow"><a href="${address("/run", { path })}">${place.name}</a></p><h1>${what}</h1>
<p class="note">${note}</p>
${answersTable({ columns, rows })}
${at.pages > 1 && html`<nav class="pager" aria-label="Pages">${at.page > 0 && html`<a href="${to(at.page - 1)}">← ${before}</a>`}<span>page ${at.page + 1} of ${at.pages}</span>${at.page + 1 < at.pages && html`<a href="${to(at.page + 1)}">${after} →</a>`}</nav>`}`;
  return page({ title: `Answers of ${place.name}`, body });
}

/** Columns that are as wide as they can be. */
const TEXTS = new Set(["text", "image", "pair"]);

/** Texts come first, so that a narrow screen shows them. */
function answersTable({ columns, rows }: AnswerRows): Html {
  const order = columns.map((_, at) => at).sort((a, b) => Number(TEXTS.has(columns[b])) - Number(TEXTS.has(columns[a])));
  const cell = (row: readonly string[], at: number): Html =>
    html`<td${TEXTS.has(columns[at]) && html` class="text-cell"`}>${row[at]}</td>`;
  return table(
    "Answers",
    order.map((at) => columns[at]),
    rows.map((row) => html`<tr>${order.map((at) => cell(row, at))}</tr>`),
  );
}
