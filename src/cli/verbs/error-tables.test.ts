import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTable } from "../../data/index.ts";
import { csvRow, spreadsheetRow } from "./error-tables.ts";

test("no cell for a spreadsheet is a formula; numbers stay numbers", () => {
  for (const formula of ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-x", '=HYPERLINK("http://x","y")'])
    assert.match(spreadsheetRow([formula]), /^"?'/, formula);
  assert.equal(spreadsheetRow(["-0.25", "+3", "1e-5", "a=b", "", "x"]), "-0.25,+3,1e-5,a=b,,x");
});

test("a row for a spreadsheet has no control characters but tabs and line breaks in quotes", () => {
  assert.equal(spreadsheetRow(["a\u001b[2J\u009b", "two\nlines\tand \r more"]), 'a\\u001b[2J\\u009b,"two\nlines\tand \\r more"');
});

test("a row for programs comes back as it was", () => {
  const cells = ["=1+1", 'a "quote", a comma', "two\nlines", "@user -5", "\u001b"];
  assert.deepEqual(
    parseTable(`${csvRow(["v", "w", "x", "y", "z"])}\n${csvRow(cells)}\n`, "a.csv", { header: true }).rows[0].cells,
    cells,
  );
});
