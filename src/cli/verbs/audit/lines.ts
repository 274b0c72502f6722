import type { Audit, AuditedRow } from "../../../audit/index.ts";
import { escapeControls } from "../../../errors/index.ts";
import { columns, cut, folded, PAGE_WIDTH, type Style } from "../../output.ts";

/** A line of the page, or several. */
export interface AuditLine {
  readonly text: string;
  readonly style?: Style;
}

const LONGEST_LABEL = 14;
const LONGEST_SLICE = 30;

/**
 * An audit for people, in 80 columns.
 *
 * @param most - Rows of each kind.
 */
export function auditLines(found: Audit, most: number): AuditLine[] {
  const { labelErrors, nearDuplicates, outliers, toLabel, slices, accuracy, method, classes } = found;
  const left = classes.filter(({ judged }) => !judged);
  const { low, high } = accuracy.interval;
  const heads: AuditLine[] = [
    { text: `${cut(found.data, 40)} · ${grouped(found.rows)} rows, ${classes.length} classes` },
    { text: folded(escapeControls(`predicted by ${method.predictedBy}, ${method.folds} folds`)) },
    { text: `right on ${percent(accuracy.right / accuracy.rows)} of the rows (95 %: ${percent(low)} to ${percent(high)})` },
  ];
  if (left.length > 0) {
    const listed = left.slice(0, 5).map(({ label, rows }) => `${cut(label, LONGEST_LABEL)} ${rows}`);
    const text = `not judged, as they have fewer rows than folds: ${listed.join(", ")}${left.length > 5 ? ", …" : ""}`;
    heads.push({ text: folded(escapeControls(text)), style: "yellow" });
  }
  return [
    ...heads,
    ...section(`likely label errors: ${share(labelErrors.found.length, accuracy.rows)}`, {
      head: ["line", "label", "p", "suggested", "p", "text"],
      rows: labelErrors.found.map((row) => [
        String(row.line),
        cut(row.label, LONGEST_LABEL),
        row.labelScore.toFixed(2),
        cut(row.suggested, LONGEST_LABEL),
        row.suggestedScore.toFixed(2),
        textOf(row),
      ]),
      most,
    }),
    ...section(`the same or nearly the same text with another label: ${grouped(nearDuplicates.length)}`, {
      head: ["line", "label", "like line", "label", "text"],
      rows: nearDuplicates.map(({ of, ...row }) => [
        String(row.line),
        cut(row.label, LONGEST_LABEL),
        String(of.line),
        cut(of.label, LONGEST_LABEL),
        textOf(row),
      ]),
      most,
    }),
    ...section(`outliers, far from all other texts: ${share(outliers.found.length, found.rows)}`, {
      head: ["line", "label", "distance", "text"],
      rows: outliers.found.map((row) => [String(row.line), cut(row.label, LONGEST_LABEL), row.distance.toFixed(3), textOf(row)]),
      most,
    }),
    ...(toLabel
      ? section(`to label next: ${toLabel.found.length} of the ${grouped(toLabel.rows)} texts of ${cut(toLabel.data, 30)}`, {
          head: ["line", "perhaps", "p", "text"],
          rows: toLabel.found.map((row) => [
            String(row.line),
            cut(row.suggested, LONGEST_LABEL),
            row.suggestedScore.toFixed(2),
            textOf(row),
          ]),
          most,
        })
      : []),
    ...sliceLines(slices, most),
  ];
}

/** Bad ones alone: of what is usual, or too small to tell, the number. */
function sliceLines(slices: Audit["slices"], most: number): AuditLine[] {
  const low = slices.filter(({ verdict }) => verdict === "low");
  const few = slices.filter(({ verdict }) => verdict === "few").length;
  const small = few > 0 ? `; ${few} too small to tell` : "";
  return section(`slices that do badly: ${low.length} of ${slices.length}${small}`, {
    head: ["by", "slice", "right", "of rows", "95 %"],
    rows: low.map(({ by, value, right, rows, interval }) => [
      cut(by, LONGEST_LABEL),
      cut(value, LONGEST_SLICE),
      percent(right / rows),
      grouped(rows),
      `${percent(interval.low)} to ${percent(interval.high)}`,
    ]),
    most,
  });
}

function section(
  title: string,
  table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly most: number },
): AuditLine[] {
  const { head, rows, most } = table;
  const lines: AuditLine[] = [{ text: "" }, { text: escapeControls(title), style: "bold" }];
  if (rows.length === 0) return lines;
  lines.push({ text: fitted([head, ...rows.slice(0, most)]) });
  if (rows.length > most) lines.push({ text: `  and ${grouped(rows.length - most)} more` });
  return lines;
}

/** Rows whose last cell is cut to what the others leave of 80 columns. */
function fitted(rows: readonly (readonly string[])[]): string {
  const before = rows[0].slice(0, -1).map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const room = PAGE_WIDTH - before.reduce((sum, width) => sum + width + 2, 2);
  return columns(rows.map((row) => [...row.slice(0, -1), cut(row[row.length - 1], room)]));
}

const textOf = ({ text, pair }: Pick<AuditedRow, "text" | "pair">): string =>
  (pair === undefined ? text : `${text} | ${pair}`).trim();
const grouped = (n: number): string => n.toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const share = (count: number, rows: number): string => `${grouped(count)} of ${grouped(rows)} rows (${percent(count / rows)})`;
