import { join } from "node:path";
import type { Audit } from "../../../audit/index.ts";
import { editedEnding, editFile, endingOf, type RowEdit, type RowEdits } from "../../../data/index-node.ts";
import { expectedGot } from "../../../errors/index.ts";
import { growingFile } from "../../../files/index-node.ts";
import { HttpError } from "../../../server/index-node.ts";
import type { Root } from "../root.ts";
import { auditedData, type Decisions, type OpenAudit } from "./read-audit.ts";

/**
 * Writes the audited file with the labels that were decided on and without the rows that are left out into the audit's folder.
 *
 * @param name - Of the new file.
 * @throws HttpError 422 `ui/bad-form` for a name that ends otherwise than `editedEnding` says; `ui/no-corrections` where nothing would
 * change; `file/exists`; as `auditedData`, before and behind the writing, and `editFile`. Then nothing is left of the file.
 */
export async function saveCorrected(root: Root, open: OpenAudit, decisions: Decisions, name: string): Promise<void> {
  const { audit, folder } = open;
  const data = await auditedData(root, open);
  const ending = await editedEnding(data);
  if (!/^[^./\\:\0][^/\\:\0]*$/.test(name) || endingOf(name) !== ending) {
    const rule = `a file name that ends with "${ending}", without a folder`;
    throw new HttpError(422, expectedGot("ui/bad-form", "name of the corrected file", rule, name || "nothing"));
  }
  const edits = editsOf(audit, decisions);
  const file = growingFile(join(folder, name));
  try {
    for await (const chunk of editFile(data, audit.columns.label ?? "label", edits)) file.write(chunk);
    await auditedData(root, open);
    file.finish();
  } finally {
    file.discard();
  }
}

/** @throws `ui/no-corrections`. */
function editsOf({ data, scores }: Audit, decisions: Decisions): RowEdits {
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
  if (edits.size > 0) return edits;
  throw expectedGot("ui/no-corrections", data, "at least one other label or row to leave out", "none");
}
