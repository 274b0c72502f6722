import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-telemetry-"));
after(() => rmSync(work, { recursive: true, force: true }));
const src = join(import.meta.dirname, "..");

/** What a process leaves in a home and a temporary folder of its own, by their names. */
function leftBy(...args: readonly string[]): string[] {
  const [home, temporary] = ["home", "temporary"].map((name) => join(work, name));
  for (const folder of [home, temporary]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  // where it runs for tests, ONNX Runtime reports nothing anyway
  const { CI: _, GITHUB_ACTIONS: _2, ORT_DISABLE_TELEMETRY: _3, XDG_CACHE_HOME: _4, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: work, encoding: "utf8", env: { ...env, HOME: home, TMPDIR: temporary } },
  });
  assert.equal(status, 0, stderr);
  return [home, temporary].flatMap((folder) => readdirSync(folder, { recursive: true }) as string[]);
}

test("neither a command nor a program leaves or sends ONNX Runtime's reports, whichever thread computes", () => {
  const [model, data] = [writeTinyModel(join(work, "model")), writeReviews(work, "reviews.tsv", 12)];
  const options = ["--preset", "huggingface", "--max_steps", "1", "--output_dir", "trained"];
  assert.deepEqual(leftBy(join(src, "cli/main.ts"), "train", data, "--model", model, ...options), [], "in a thread of a command");
  assert.deepEqual(leftBy(join(src, "cli/main.ts"), "doctor"), [], "where the machine is measured");
  const program = `
    const { Classifier, train } = await import(${JSON.stringify(join(src, "index.ts"))});
    await (await Classifier.load("trained")).predict("a fine film");
  `;
  assert.deepEqual(leftBy("--input-type=module", "-e", program), [], "in a program's own thread");
});
