import assert from "node:assert/strict";
import { test } from "node:test";
import type { Audit } from "../../../audit/index.ts";
import { auditCsv } from "./csv.ts";

test("what was found is no formula for a spreadsheet, whichever column it stands in", () => {
  const text = '=HYPERLINK("http://x","y")';
  const row = { row: 1, line: 2, text, label: "@cmd", suggested: "+1+1|", labelScore: 0.1, suggestedScore: 0.9 };
  const found = {
    labelErrors: { found: [row] },
    nearDuplicates: [],
    outliers: { found: [] },
    columns: { text: "text" },
  } as unknown as Audit;
  const [, line] = auditCsv(found).split("\n");
  assert.equal(line, `1,2,"'=HYPERLINK(""http://x"",""y"")",'@cmd,'+1+1|,0.1000,0.9000,label error`);
});
