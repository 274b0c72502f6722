// What is tortured is a bundle; it must be the Crisp that it is made of.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { bundleIn, writeBundle } from "./bundle.ts";
import { runCrisp } from "./crisp-process.ts";
import { sourceOfThisRepository } from "./fault.ts";
import { modelSet } from "./model-set.ts";

test("a bundle trains the model that its source trains, and says the same of a mistake", async (context) => {
  const cwd = mkdtempSync(join(tmpdir(), "crisp-bundle-"));
  context.after(() => rmSync(cwd, { recursive: true, force: true }));
  const source = sourceOfThisRepository();
  const bundle = bundleIn(join(cwd, "crisp"));
  await writeBundle(source, bundle);
  writeTinyModel(join(cwd, "model"), undefined, 1);
  writeReviews(cwd, "a.tsv", 24);
  const [bundled, unbundled] = await Promise.all(
    [bundle.main, join(source, "cli/main.ts")].map(async (main, at) => {
      const train = (data: string) =>
        runCrisp(["train", data, "--model", "model", "--device", "cpu", "--max_steps", "2", "--output_dir", `out-${at}`], {
          bundle: { ...bundle, main },
          cwd,
        });
      const { code } = await train("a.tsv");
      const { errors } = await train("missing.tsv");
      return { code, errors: errors.map((error) => error.code), set: modelSet(join(cwd, `out-${at}`), new Set()) };
    }),
  );
  assert.deepEqual(bundled, unbundled);
  assert.equal(bundled.code, 0);
  assert.equal(bundled.errors.length, 1);
  assert.ok(bundled.set);
});
