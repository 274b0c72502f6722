import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import { Classifier } from "../../api/index-node.ts";
import { hubSettings, pushFolder } from "../../hub/index-node.ts";
import { runCommand } from "../run-command.ts";
import { VERBS } from "../verbs.ts";

async function crisp(...argv: string[]): Promise<void> {
  let said = "";
  const sink = { write: (text: string) => (said += text) };
  const listenForSignals = () => new AbortController().signal;
  const code = await runCommand({ argv, verbs: VERBS, env: {}, version: "0", stdout: sink, stderr: sink, listenForSignals });
  assert.equal(code, 0, said);
}

test("no file that a verb writes with the user's texts is pushed, or goes into an image; what is left is a whole model", async (context) => {
  const work = mkdtempSync(join(tmpdir(), "crisp-texts-"));
  context.after(() => rmSync(work, { recursive: true, force: true }));
  const encoder = writeTinyModel(join(work, "encoder"), 0.3);
  const data = writeReviews(work, "reviews.tsv", 60);
  const folder = join(work, "model");
  await crisp("train", data, "--model", encoder, "--output_dir", folder, "--max_steps", "2");
  await crisp("eval", folder, data, "--output_dir", folder);
  await crisp("audit", data, "--model", encoder, "--output_dir", folder);

  const texts = readFileSync(data, "utf8")
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split("\t")[0]);
  const withTexts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .filter(({ parentPath, name }) => {
      const content = readFileSync(join(parentPath, name), "utf8");
      return texts.some((text) => content.includes(text));
    })
    .map(({ name }) => name)
    .sort();
  for (const name of ["audit.csv", "audit.json", "errors.csv", "right-answers.json"]) assert.ok(withTexts.includes(name), name);

  let sent: readonly string[] = [];
  const onStart = (files: readonly string[]): never => {
    sent = files;
    throw new Error("enough");
  };
  await assert.rejects(pushFolder(folder, "ada/new", { settings: hubSettings({ HF_TOKEN: "hf_writer" }), onStart }), /enough/);
  assert.ok(sent.includes("model.safetensors"));
  const dockerfile = readFileSync(join(import.meta.dirname, "../../../examples/deploy/Dockerfile"), "utf8");
  const removed = /rm -rf (.+) \\$/m.exec(dockerfile)![1].split(" ");
  for (const name of withTexts) {
    assert.ok(!sent.includes(name), name);
    assert.ok(removed.includes(name), name);
  }
  for (const name of removed) rmSync(join(folder, name), { recursive: true, force: true });
  await Classifier.load(folder, { verify: true });
});
