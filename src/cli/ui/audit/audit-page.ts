import type { Audit, AuditedRow } from "../../../audit/index.ts";
import { endingOf } from "../../../data/index-node.ts";
import { count, type Html, html, percent } from "../../../report/index.ts";
import { typedAs } from "../../run-command.ts";
import { address, facts, page as htmlPage, table } from "../pages/layout.ts";
import type { Decisions, OpenAudit } from "./read-audit.ts";

export interface AuditView {
  readonly open: OpenAudit;
  readonly decisions: Decisions;
  readonly section: Section;
  /** From 0. */
  readonly page: number;
  /** How the name of a corrected file ends. */
  readonly ending?: string;
  /** Why nothing can be corrected. */
  readonly refused?: string;
  /** The corrected file that was just saved, from the root. */
  readonly saved?: string;
  readonly root: string;
}

/** A row to judge, and what speaks for it. */
interface JudgedRow {
  readonly row: AuditedRow;
  readonly suggested?: string;
  readonly why: string;
}

/** Rows to judge beside each other: one, or a pair. */
type Item = readonly JudgedRow[];

const SECTIONS = ["errors", "duplicates", "outliers", "next", "slices"] as const;
type Section = (typeof SECTIONS)[number];

const TITLES: Readonly<Record<Section, string>> = {
  errors: "Likely label errors",
  duplicates: "Same text, another label",
  outliers: "Outliers",
  next: "To label next",
  slices: "Slices",
};

export const sectionIn = (text: string | undefined): Section => SECTIONS.find((each) => each === text) ?? "errors";

const ROWS_PER_PAGE = 50;

const itemsOf: Readonly<Record<Section, (audit: Audit) => readonly Item[]>> = {
  errors: ({ labelErrors }) =>
    labelErrors.found.map(({ labelScore, suggestedScore, suggested, ...row }) => [
      { row, suggested, why: `${row.label} ${percent(labelScore)}, ${suggested} ${percent(suggestedScore)}` },
    ]),
  duplicates: ({ nearDuplicates }) =>
    nearDuplicates.map(({ of, equal, ...row }) => [
      { row: of, suggested: row.label, why: `line ${row.line} repeats it` },
      { row, suggested: of.label, why: `${equal ? "the same as" : "nearly the same as"} line ${of.line}` },
    ]),
  outliers: ({ outliers }) =>
    outliers.found.map(({ distance, ...row }) => [{ row, why: `distance ${distance.toFixed(3)} to the nearest texts` }]),
  next: () => [],
  slices: () => [],
};

/** What an audit found, and what is decided of each row. */
export function auditPage(view: AuditView): string {
  const { open, decisions, section, refused, ending } = view;
  const { audit } = open;
  const path = open.path || ".";
  const numbers: Readonly<Record<Section, number>> = {
    errors: audit.labelErrors.found.length,
    duplicates: audit.nearDuplicates.length,
    outliers: audit.outliers.found.length,
    next: audit.toLabel?.found.length ?? 0,
    slices: audit.slices.filter(({ verdict }) => verdict === "low").length,
  };
  const tabs = SECTIONS.map(
    (each) =>
      html`<a href="${address("/audit", { path, section: each })}"${each === section && html` aria-current="page"`}>${TITLES[each]} ${count(numbers[each])}</a>`,
  );
  const content = section === "next" ? nextTable(audit) : section === "slices" ? slicesTable(audit) : judged(view);
  const body = html`<p class="eyebrow">audit</p><h1>${open.path || "this folder"}</h1>
${facts([
  ["data", audit.data],
  ["rows", count(audit.rows)],
  ["right predictions", percent(audit.accuracy.right / audit.accuracy.rows)],
  ["model", audit.method.model],
])}
${refused !== undefined && html`<p class="error" role="status">${refused}</p>`}
${savedNote(view)}<div id="decided" data-fresh>${summary(audit, decisions)}</div>
${ending !== undefined && saveForm(path, audit, ending)}
<nav class="tabs" aria-label="What was found">${tabs}</nav><h2>${TITLES[section]}</h2>${content}`;
  return htmlPage({ title: `Audit of ${audit.data}`, body });
}

function summary({ scores }: Audit, decisions: Decisions): Html {
  const labels = new Map(scores.map(({ line, label }) => [line, label]));
  const all = [...decisions];
  const right = all.filter(([line, each]) => each === "right" || each === `label:${labels.get(line)}`).length;
  const out = all.filter(([, each]) => each === "out").length;
  return html`<p role="status">Decided: ${count(all.length - right - out)} with another label, ${count(out)} left out, ${count(right)} right as they are.</p>`;
}

function saveForm(path: string, { data }: Audit, ending: string): Html {
  const own = endingOf(data);
  const name = `${data.slice(0, data.length - own.length)}-corrected${ending}`;
  const otherwise =
    own !== ending &&
    html`<p class="note">It is saved as JSONL, with all its columns and classes by their names: Crisp reads ${own || "such files"} and does not write it.</p>`;
  return html`<form method="post" action="/audit/save" class="fields"><input type="hidden" name="path" value="${path}"><label>new file in the audit's folder <input name="name" value="${name}" required></label><button class="main">Save the corrected data</button></form>${otherwise}`;
}

function savedNote({ saved, root, open }: AuditView): Html {
  if (saved === undefined) return html``;
  const { columns, method } = open.audit;
  const textColumns = [columns.text, columns.pair].filter((name) => name !== undefined);
  const argv = [
    ...["train", `./${saved}`, `--model=${method.model}`, `--text_column_name=${textColumns.join(",")}`],
    ...(columns.label === undefined ? [] : [`--label_column_name=${columns.label}`]),
  ];
  return html`<div class="saved"><p role="status">Saved ${saved}. Train on it, in ${root}:</p><pre class="command"><code>${typedAs(argv)}</code></pre></div>`;
}

function judged({ open, decisions, section, page, refused }: AuditView): Html {
  const all = itemsOf[section](open.audit);
  if (all.length === 0) return html`<p class="note">None.</p>`;
  const path = open.path || ".";
  const pages = Math.ceil(all.length / ROWS_PER_PAGE);
  const shown = Math.min(page, pages - 1);
  const to = (number: number): string => address("/audit", { path, section, page: number + 1 });
  const rows = all.slice(shown * ROWS_PER_PAGE, (shown + 1) * ROWS_PER_PAGE);
  const field = fields(
    open.audit.classes.map(({ label }) => label),
    decisions,
    refused !== undefined,
  );
  return html`<p class="note">Each decision is kept at once. Keys in a row's field: <kbd>a</kbd> accept the suggestion, <kbd>r</kbd> the label is right, <kbd>x</kbd> leave the row out, <kbd>u</kbd> undecided, <kbd>j</kbd> and <kbd>k</kbd> next and previous row; arrows choose a class.</p>
<form method="post" action="/audit/decide" data-decide><input type="hidden" name="path" value="${path}"><input type="hidden" name="section" value="${section}"><input type="hidden" name="page" value="${shown + 1}">
<ol class="judged">${rows.map((item) => html`<li>${item.map((judged) => html`${rowText(judged)}${field(judged)}`)}</li>`)}</ol>
${refused === undefined && html`<noscript><p class="actions"><button class="main">Keep these decisions</button></p></noscript>`}</form>
${pages > 1 && html`<nav class="pager" aria-label="Pages">${shown > 0 && html`<a href="${to(shown - 1)}">← before</a>`}<span>page ${shown + 1} of ${count(pages)}</span>${shown + 1 < pages && html`<a href="${to(shown + 1)}">further →</a>`}</nav>`}`;
}

const rowText = ({ row, suggested, why }: JudgedRow): Html =>
  html`<div><p class="text-cell">${textOf(row)}</p><p class="note">line ${row.line} · label <strong>${row.label}</strong>${suggested !== undefined && html` · suggested <strong>${suggested}</strong>`} · ${why}</p></div>`;

/** Makes the field of each row; a row that comes twice on a page has one, as a form keeps one decision of it. */
function fields(labels: readonly string[], decisions: Decisions, disabled: boolean): (judged: JudgedRow) => Html {
  const made = new Set<number>();
  return ({ row: { line, label }, suggested }) => {
    const id = `line-${line}`;
    if (made.has(line)) return html`<p class="note"><a href="#${id}">line ${line} is decided above</a></p>`;
    made.add(line);
    const decision = decisions.get(line) ?? "";
    const option = (value: string, words: string): Html =>
      html`<option value="${value}"${value === decision && html` selected`}>${words}</option>`;
    const others = labels.filter((each) => each !== suggested && each !== label);
    return html`<select id="${id}" name="${id}" aria-label="Decision on line ${line}" data-accept="${suggested === undefined ? "" : `label:${suggested}`}"${disabled && html` disabled`}>
${option("", "undecided")}${suggested !== undefined && option(`label:${suggested}`, `accept: ${suggested}`)}${option("right", `right: ${label}`)}${option("out", "leave out")}${others.map((each) => option(`label:${each}`, `is: ${each}`))}</select>`;
  };
}

const textOf = ({ text, pair }: Pick<AuditedRow, "text" | "pair">): string => (pair === undefined ? text : `${text}\n${pair}`);

function nextTable({ toLabel }: Audit): Html {
  if (!toLabel) return html`<p class="note">No unlabelled texts were given (<code>--unlabelled_file</code>).</p>`;
  const rows = toLabel.found.map(
    (found) =>
      html`<tr><td>${found.line}</td><td class="text-cell">${textOf(found)}</td><td>${found.suggested}</td><td>${percent(found.suggestedScore)}</td></tr>`,
  );
  return html`<p class="note">Of the ${count(toLabel.rows)} texts of ${toLabel.data}, the most useful first.</p>${table("To label next", ["line", "text", "perhaps", "probability"], rows)}`;
}

function slicesTable({ slices }: Audit): Html {
  if (slices.length === 0) return html`<p class="note">None.</p>`;
  const rows = slices.map(
    ({ by, value, rows, right, interval, verdict }) =>
      html`<tr><td>${by}</td><th scope="row">${value}</th><td>${percent(right / rows)}</td><td>${count(rows)}</td><td>${percent(interval.low)} to ${percent(interval.high)}</td><td>${verdict === "low" ? html`<span class="state failed">does badly</span>` : verdict === "few" ? "too few rows" : "as others"}</td></tr>`,
  );
  return table("Slices", ["by", "slice", "right", "of rows", "95 %", "verdict"], rows);
}
