import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkReportFolder } from "./study-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "crisp-study-folder-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a file or a folder of other origin in the place of the report is one line", () => {
  const report = join(folder, "report.html");
  checkReportFolder(folder);
  writeFileSync(report, "<html>mine</html>");
  assert.throws(() => checkReportFolder(folder), { code: "cli/output-exists", message: /got a file of other origin/ });
  rmSync(report);
  mkdirSync(report);
  assert.throws(() => checkReportFolder(folder), {
    code: "cli/output-exists",
    message: /report\.html: expected no file, or an earlier report, got a folder\. Give another --output_dir\.$/,
  });
});
