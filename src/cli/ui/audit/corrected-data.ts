import type { Audit } from "../../../audit/index.ts";
import { editRows, type RowEdit } from "../../../data/index.ts";
import { expectedGot } from "../../../errors/index.ts";
import type { Decisions } from "./read-audit.ts";

/**
 * The audited file with the labels that were decided on and without the rows that are left out; all else stays as it is.
 *
 * @throws `ui/no-corrections` where nothing would change; `data/encoding` for files that are not plain UTF-8; as `editRows`.
 */
export function correctedData(bytes: Uint8Array, { data, columns, scores }: Audit, decisions: Decisions): Uint8Array {
  const firstOf = new Map<string, number>();
  for (const { label, line } of scores) if (!firstOf.has(label)) firstOf.set(label, line);
  const labels = new Map(scores.map(({ line, label }) => [line, label]));
  const edits = new Map<number, RowEdit>();
  for (const [line, decision] of decisions) {
    if (decision === "out") edits.set(line, { drop: true });
    else if (decision.startsWith("label:")) {
      const label = decision.slice("label:".length);
      const labelOfLine = firstOf.get(label);
      if (label !== labels.get(line) && labelOfLine !== undefined) edits.set(line, { labelOfLine });
    }
  }
  if (edits.size === 0) {
    throw expectedGot("ui/no-corrections", data, "at least one other label or row to leave out", "none");
  }
  return new TextEncoder().encode(editRows(plainText(bytes, data), data, columns.label ?? "label", edits));
}

function plainText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const hint = "Unpack it, or save it as UTF-8, and audit that file.";
    throw expectedGot("data/encoding", name, "TSV, CSV or JSONL in UTF-8, not packed", "other bytes", hint);
  }
}
