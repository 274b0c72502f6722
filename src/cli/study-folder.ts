import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CrispError, expectedGot } from "../errors/index.ts";
import { isReport } from "../report/index.ts";

/**
 * Make sure that a report written into a folder will replace nothing but an earlier one.
 *
 * @throws `cli/output-exists`.
 */
export function checkReportFolder(folder: string): void {
  const file = join(folder, "report.html");
  if (!existsSync(file)) return;
  if (statSync(file).isDirectory()) {
    throw expectedGot("cli/output-exists", file, "no file, or an earlier report", "a folder", "Give another --output_dir.");
  }
  if (!isReport(readFileSync(file, "utf8"))) throw stranger(file, "no file, or an earlier report");
}

/**
 * The same for a study's results, which are its own only beside a `study.json`; whether that is one of ours, the store says.
 *
 * @throws `cli/output-exists`.
 */
export function checkResultsFolder(folder: string): void {
  if (existsSync(join(folder, "study.json"))) return;
  for (const name of ["results.json", "predictions.jsonl"]) {
    const file = join(folder, name);
    if (existsSync(file)) throw stranger(file, "no file, as there is no study beside it");
  }
}

const stranger = (file: string, expected: string): CrispError =>
  expectedGot("cli/output-exists", file, expected, "a file of other origin, which stays as it is", "Give another --output_dir.");
