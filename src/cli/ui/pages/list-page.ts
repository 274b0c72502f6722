import { count, type Html, html, percent } from "../../../report/index.ts";
import { KINDS } from "../find.ts";
import type { RunState } from "../live/run-state.ts";
import type { ListPage, ListQuery, RunIndex } from "../run-index.ts";
import { address, ago, page, table } from "./layout.ts";

/** A row of the list, with what is read only of those that are shown. */
export interface ListRow {
  readonly path: string;
  readonly kind: (typeof KINDS)[number];
  readonly changedMs: number;
  /** Of a run. */
  readonly state?: Omit<RunState, "course">;
  /** Of a study: runs that are done, and all. */
  readonly runs?: { readonly done: number; readonly all: number };
}

export interface ListView {
  /** What is shown: a folder, and perhaps a database. */
  readonly places: readonly string[];
  /** Why studies of the database are missing, or shown as they were. */
  readonly problem?: string;
  readonly query: ListQuery;
  readonly list: ListPage;
  readonly rows: readonly ListRow[];
  readonly index: RunIndex["state"];
}

/** All runs and studies, page by page. */
export function listPage({ places, problem, query, list, rows, index }: ListView): string {
  const { text, kind, locked } = query;
  const to = (number: number): string => address("/", { text, kind, locked: locked ? "on" : "", page: number + 1 });
  const pager = html`<nav class="pager" aria-label="Pages">${list.page > 0 && html`<a href="${to(list.page - 1)}" rel="prev">← newer</a>`}<span>page ${list.page + 1} of ${count(list.pages)}</span>${list.page + 1 < list.pages && html`<a href="${to(list.page + 1)}" rel="next">older →</a>`}</nav>`;
  const body = html`<h1>Runs, studies and audits</h1><p class="note">${places.join(" · ")}</p>
<form class="fields" role="search"><label>path has <input name="text" type="search" value="${text}"></label>
<label>kind <select name="kind"><option value="">all</option>${KINDS.map((each) => html`<option${each === kind && html` selected`}>${each}</option>`)}</select></label>
<label class="tick"><input type="checkbox" name="locked"${locked && html` checked`}> at work now</label><button>Show</button></form>
<form action="/compare"><div id="list" data-fresh>${problem !== undefined && html`<p class="error">${problem}</p>`}
<p class="note">${count(list.total)} ${list.total === 1 ? "entry" : "entries"}${index.looking && html` so far: still looking, ${count(index.folders)} folders seen`}${!index.whole && ". There are more folders than are looked through; start crisp ui further down."}</p>
${rows.length > 0 ? table("Runs and studies", ["", "path", "kind", "state", "progress", "figures", "changed"], rows.map(row)) : html`<p>Nothing yet. Start a training: <code>crisp train tickets.csv</code></p>`}
${list.pages > 1 && pager}</div>
${rows.length > 0 && html`<p class="actions"><button>Compare those that are ticked</button></p>`}</form>`;
  return page({ title: "Runs", body, again: 3 });
}

const PAGE_OF: Readonly<Record<ListRow["kind"], string>> = {
  training: "/run",
  "run of a study": "/run",
  study: "/study",
  audit: "/audit",
};

function row({ path, kind, changedMs, state, runs }: ListRow): Html {
  const shown = path === "" ? "this folder" : path;
  const href = address(PAGE_OF[kind], { path: path || "." });
  return html`<tr><td class="tick-cell">${PAGE_OF[kind] === "/run" && html`<input type="checkbox" name="run" value="${path || "."}" aria-label="Compare ${shown}">`}</td>
<th scope="row"><a class="path" href="${href}">${shown}</a></th><td>${kind}</td><td>${state && stateWord(state.word)}</td>
<td>${runs ? `${count(runs.done)} of ${count(runs.all)} runs` : state && progressText(state)}</td><td>${state && figuresText(state.figures)}</td><td>${ago(changedMs)}</td></tr>`;
}

export const stateWord = (word: RunState["word"]): Html => html`<span class="state ${word}">${word}</span>`;

export const progressText = ({ step, steps }: Pick<RunState, "step" | "steps">): string =>
  steps === 0
    ? ""
    : step >= steps
      ? `${count(steps)} updates`
      : `${count(step)} of ${count(steps)} (${percent(step / steps, 0)})`;

const FIGURES = 3;

export const figuresText = (figures: RunState["figures"]): string =>
  Object.entries(figures)
    .slice(0, FIGURES)
    .map(([name, value]) => `${name} ${typeof value === "number" ? value.toFixed(3) : "–"}`)
    .join(" · ");
