import { count, cut } from "../format.ts";
import { type Html, html } from "../html.ts";
import { shadedText } from "./shaded-text.ts";
import type { ShownMistake, TrainReport } from "./train-report.ts";

const TEXT = 400;
const CELL = 60;

/** The worst mistakes: what was meant, what was said, and the text. */
export const mistakesList = ({ columns, shown }: TrainReport["mistakes"]): Html =>
  html`<ol class="mistakes">${shown.map((mistake) => html`<li>${answer(columns, mistake)}${textOf(mistake)}</li>`)}</ol>`;

const answer = (columns: readonly string[], { row, cells }: ShownMistake): Html =>
  html`<dl class="answer">${columns.map((column, at) => html`<div><dt>${column}</dt><dd>${cut(cells[at] || "–", CELL)}</dd></div>`)}<div><dt>row</dt><dd>${count(row)}</dd></div></dl>`;

/** Both texts of a pair are shaded as one, since attention goes over both. */
function textOf({ text, pair, attention }: ShownMistake): Html {
  const whole = pair === undefined ? cut(text, TEXT) : `${cut(text, TEXT)}\n${cut(pair, TEXT)}`;
  return html`<p class="text">${shadedText(whole, attention)}</p>`;
}
