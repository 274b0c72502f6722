import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Audit } from "../../../audit/index.ts";
import { auditCsv } from "./csv.ts";
import { auditLines } from "./lines.ts";

const BAD = "neg\u001b[2J\nforged 1.000";
const LONG = "a text that goes on and on ".repeat(10);
const row = { row: 7, line: 9, text: LONG, label: BAD };
const interval = { low: 0.5, high: 0.625 };
const AUDIT: Audit = {
  data: "made-up.csv",
  columns: { text: "text", label: "label" },
  rows: 1200,
  classes: [
    { label: BAD, rows: 700, judged: true },
    { label: "pos", rows: 497, judged: true },
    { label: "rare", rows: 3, judged: false },
  ],
  method: { model: "encoder", predictedBy: "logistic regression of the frozen encoder's features", folds: 5, seed: 1 },
  accuracy: { right: 900, rows: 1197, interval: { low: 0.727, high: 0.776 } },
  labelErrors: {
    labels: [BAD, "pos"],
    thresholds: [0.8, 0.7],
    joint: [
      [600, 100],
      [97, 400],
    ],
    found: Array.from({ length: 12 }, () => ({ ...row, suggested: "=pos", labelScore: 0.0123, suggestedScore: 0.9877 })),
  },
  nearDuplicates: [{ ...row, of: { ...row, line: 4, label: "pos" }, equal: false }],
  outliers: { fence: 0.5, found: [{ ...row, distance: 0.75 }] },
  toLabel: {
    ...{ data: "more.txt", rows: 30 },
    found: [{ line: 3, text: "=1+1", suggested: "pos", suggestedScore: 0.51, margin: 0.02 }],
  },
  slices: [
    { by: "length", value: "3 to 9 tokens", rows: 100, right: 56, interval, verdict: "low" },
    { by: "class", value: "pos", rows: 497, right: 400, interval, verdict: "usual" },
    { by: "source", value: "fax", rows: 2, right: 0, interval: { low: 0, high: 0.66 }, verdict: "few" },
  ],
  scores: [],
};

describe("an audit on the terminal", () => {
  const lines = auditLines(AUDIT, 10).flatMap(({ text }) => text.split("\n"));
  test("fits 80 columns, and no label or text breaks a line or reaches the terminal as it is", () => {
    for (const line of lines) {
      assert.ok(line.length <= 80, line);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(line, /[\u0000-\u001f]|^\s*forged/);
    }
  });
  test("lists the first of each kind with its line, and says how many more there are", () => {
    for (const line of [
      "likely label errors: 12 of 1,197 rows (1.0 %)",
      "  and 2 more",
      "  line  label           p     suggested  p     text",
      "outliers, far from all other texts: 1 of 1,200 rows (0.1 %)",
      "to label next: 1 of the 30 texts of more.txt",
      "  3     pos      0.51  =1+1",
      "not judged, as they have fewer rows than folds: rare 3",
    ])
      assert.ok(lines.includes(line), `${line}\nin\n${lines.join("\n")}`);
  });
  test("names low slices with their intervals, and small ones by their number alone", () => {
    const at = lines.indexOf("slices that do badly: 1 of 3; 1 too small to tell");
    assert.ok(at > 0, lines.join("\n"));
    assert.deepEqual(lines.slice(at + 1), [
      "  by      slice          right   of rows  95 %",
      "  length  3 to 9 tokens  56.0 %  100      50.0 % to 62.5 %",
    ]);
  });
});

test("audit.csv has a row for everything that was found, with its reason, and no formula", () => {
  const lines = auditCsv(AUDIT).trimEnd().split("\n");
  const [head] = lines;
  assert.equal(head, "row,line,text,label,suggested,score,suggested_score,reason");
  const csv = auditCsv(AUDIT);
  assert.equal(csv.match(/,0\.0123,0\.9877,label error\n/g)?.length, 12);
  assert.match(csv, /,'=pos,0\.0123/);
  assert.match(csv, /,pos,,,near-duplicate of line 4\n/);
  assert.match(csv, /,0\.7500,,outlier\n/);
  assert.match(csv, /\n,3,'=1\+1,,pos,0\.0200,0\.5100,"?to label, of more\.txt"?\n$/);
});
