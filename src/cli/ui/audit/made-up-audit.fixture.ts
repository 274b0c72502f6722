import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Audit } from "../../../audit/index.ts";

/** Five rows, of which one has a likely wrong label, one repeats another, and one is far from all. */
export const TICKETS =
  'id;text;team\n1;"where; is my refund?";legal\n2;refund please;billing\n3;sue you;legal\n4;Sue you.;billing\n5;§§§;legal\n';

/**
 * An audit of a file that is written beside its folder, as `crisp audit` leaves it.
 *
 * @param data - The file's name, and its bytes, which must hold the rows of `TICKETS`.
 */
export function madeUpAudit(folder: string, data = "tickets.csv", bytes: string | Uint8Array = TICKETS): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "..", data), bytes);
  const row = (line: number, text: string, label: string) => ({ row: line - 2, line, text, label });
  const all = [
    row(2, "where; is my refund?", "legal"),
    row(3, "refund please", "billing"),
    row(4, "sue you", "legal"),
    row(5, "Sue you.", "billing"),
    row(6, "§§§", "legal"),
  ];
  const interval = { low: 0.1, high: 0.5 };
  const audit: Audit = {
    ...{ data, source: { path: `../${data}`, sha256: createHash("sha256").update(bytes).digest("hex") } },
    ...{ columns: { text: "text", label: "team" }, rows: all.length },
    classes: [
      { label: "billing", rows: 2, judged: true },
      { label: "legal", rows: 3, judged: true },
      { label: "<b>other</b>", rows: 0, judged: false },
    ],
    method: { model: "encoder", predictedBy: "logistic regression", folds: 2, seed: 1 },
    accuracy: { right: 3, rows: 5, interval },
    labelErrors: {
      ...{ labels: ["billing", "legal"], thresholds: [0.5, 0.5] },
      joint: [
        [2, 0],
        [1, 2],
      ],
      found: [{ ...all[0], suggested: "billing", labelScore: 0.05, suggestedScore: 0.9 }],
    },
    nearDuplicates: [{ ...all[3], of: all[2], equal: true }],
    outliers: { fence: 0.5, found: [{ ...all[4], distance: 0.9 }] },
    toLabel: {
      ...{ data: "more.txt", rows: 2 },
      found: [{ line: 1, text: "invoice", suggested: "billing", suggestedScore: 0.6, margin: 0.2 }],
    },
    slices: [{ by: "class", value: "legal", rows: 30, right: 9, interval, verdict: "low" }],
    scores: all.map(({ row, line, label }) => ({
      ...{ row, line, label, distance: 0.1 },
      ...{ labelScore: 0.5, suggested: label, suggestedScore: 0.5 },
    })),
  };
  writeFileSync(join(folder, "audit.json"), JSON.stringify(audit));
}
