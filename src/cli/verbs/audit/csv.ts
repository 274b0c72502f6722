import type { Audit } from "../../../audit/index.ts";
import { spreadsheetRow } from "../error-tables.ts";

const COLUMNS = ["row", "line", "text", "pair", "label", "suggested", "score", "suggested_score", "reason"] as const;

/** What a row of audit.csv says; what means nothing to a reason is left empty. */
type CsvRow = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/**
 * Everything that was found as CSV for a spreadsheet: likely label errors, near-duplicates across labels, outliers, texts to label next.
 *
 * `score` is the given label's probability, the distance of an outlier, or the margin of a text to label.
 */
export function auditCsv({ labelErrors, nearDuplicates, outliers, toLabel, columns }: Audit): string {
  const rows: CsvRow[] = [
    ...labelErrors.found.map(({ labelScore, suggestedScore, ...row }) => ({
      ...row,
      score: labelScore.toFixed(4),
      suggested_score: suggestedScore.toFixed(4),
      reason: "label error",
    })),
    ...nearDuplicates.map(({ of, equal, ...row }) => ({
      ...row,
      suggested: of.label,
      reason: `${equal ? "duplicate" : "near-duplicate"} of line ${of.line}`,
    })),
    ...outliers.found.map(({ distance, ...row }) => ({ ...row, score: distance.toFixed(4), reason: "outlier" })),
    ...(toLabel?.found ?? []).map(({ margin, suggestedScore, ...row }) => ({
      ...row,
      score: margin.toFixed(4),
      suggested_score: suggestedScore.toFixed(4),
      reason: `to label, of ${toLabel!.data}`,
    })),
  ];
  const kept = COLUMNS.filter((name) => name !== "pair" || columns.pair !== undefined);
  const lines = rows.map((row) => spreadsheetRow(kept.map((name) => String(row[name] ?? ""))));
  return `${[kept.join(","), ...lines].join("\n")}\n`;
}
