import type { ClassScores } from "../../metrics/index.ts";
import { scrolling } from "../document.ts";
import { count, cut } from "../format.ts";
import { type Html, html } from "../html.ts";

/** More rows than this nobody reads. */
export const MOST_CLASSES = 100;

/** Precision, recall and F1 of each class, the weakest first, those without an example last; a bar beside each F1. */
export function classScoresTable(classes: readonly ClassScores[]): Html {
  const weakest = [...classes]
    .sort((a, b) => Number(a.support === 0) - Number(b.support === 0) || a.f1 - b.f1 || b.support - a.support)
    .slice(0, MOST_CLASSES);
  return scrolling(
    "Scores of each class",
    html`<table class="figures scores"><thead><tr><th scope="col">class</th><th scope="col">F1</th><td></td><th scope="col">precision</th><th scope="col">recall</th><th scope="col">count</th></tr></thead>
<tbody>${weakest.map(
      ({ label, support, precision, recall, f1 }) =>
        html`<tr><th scope="row">${cut(label, 40)}</th><td>${f1.toFixed(3)}</td><td class="bar"><span style="width:${(100 * f1).toFixed(1)}%"></span></td><td>${precision.toFixed(3)}</td><td>${recall.toFixed(3)}</td><td>${count(support)}</td></tr>`,
    )}</tbody></table>`,
  );
}
