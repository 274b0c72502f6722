import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../../test/tiny-model.fixture.ts";
import { runCommand } from "../../run-command.ts";
import { VERBS } from "../../verbs.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-audit-verb-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "encoder"), 0.3);
const data = writeReviews(work, "reviews.tsv", 60);

async function run(...argv: string[]) {
  let [stdout, stderr] = ["", ""];
  const code = await runCommand({
    ...{ argv: ["audit", ...argv], verbs: VERBS, env: {}, version: "0", listenForSignals: () => new AbortController().signal },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

test("crisp audit says what it found, writes it for spreadsheets and programs, and never over what it reads", async () => {
  const folder = join(work, "out");
  const asked = ["--model", model, "--output_dir", folder, "--show", "2"];
  const { code, stdout, stderr } = await run(data, ...asked);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^reviews\.tsv · 60 rows, 2 classes\n/);
  assert.match(stdout, /\nlikely label errors: \d+ of 60 rows/);
  assert.deepEqual(readdirSync(folder).sort(), [".crisp-files.json", "audit.csv", "audit.json"]);
  const found = JSON.parse(readFileSync(join(folder, "audit.json"), "utf8"));
  assert.deepEqual([found.rows, found.scores.length, found.method.folds], [60, 60, 5]);
  const sha256 = createHash("sha256").update(readFileSync(data)).digest("hex");
  assert.deepEqual(found.source, { path: "../reviews.tsv", sha256 });
  const csv = readFileSync(join(folder, "audit.csv"), "utf8");
  assert.equal(csv.split("\n").filter((line) => line.endsWith(",label error")).length, found.labelErrors.found.length);

  const own = join(folder, "audit.csv");
  const refused = await run(own, ...asked);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /--output_dir: expected a folder whose .*audit\.csv is not read, got .*Choose another folder\.\n$/,
  );
  assert.equal(readFileSync(own, "utf8"), csv);
});

test("crisp audit refuses options that would do nothing", async () => {
  const more = writeReviews(work, "more.tsv", 5);
  for (const [asked, name, other] of [
    [["--preset", "few"], "--preset", "--fine_tune"],
    [["--time_budget", "60"], "--time_budget", "--fine_tune"],
    [["--preset", "few", "--unlabelled_file", more], "--preset", "--fine_tune"],
    [["--to_label", "5"], "--to_label", "--unlabelled_file"],
  ] as const) {
    const { code, stderr } = await run(data, "--model", model, ...asked);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`${name}: expected ${other} beside it, got none. Add ${other}, or leave ${name} out.`), stderr);
  }
});

test("crisp audit without a model, or with half a fold, is one line", async () => {
  const none = await run(data);
  assert.deepEqual([none.code, none.stderr.split("\n").length], [2, 2], none.stderr);
  const half = await run(data, "--model", model, "--folds", "1");
  assert.deepEqual([half.code, half.stderr.split("\n").length], [2, 2], half.stderr);
});
