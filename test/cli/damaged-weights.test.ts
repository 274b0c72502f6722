import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Classifier } from "../../src/api/index-node.ts";
import { tinyClassifier } from "../export/saved-models.fixture.ts";
import { writeReviews } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-damaged-"));
after(() => rmSync(work, { recursive: true, force: true }));
const data = writeReviews(work, "reviews.tsv", 20);
const model = join(work, "model");
tinyClassifier("dense").save(model, { onnx: false });
// a model that diverged, saved by something else
rmSync(join(model, ".crisp-files.json"));
const path = join(model, "model.safetensors");
const bytes = readFileSync(path);
const header = 8 + Number(bytes.readBigUInt64LE(0));
for (let at = header; at < bytes.length; at += 4) bytes.writeFloatLE(Number.NaN, at);
writeFileSync(path, bytes);

describe("weights that are not numbers", () => {
  const refused = /the model: expected logits of finite numbers for example 1, got NaN\. Its weights are damaged/;
  for (const verb of ["predict", "eval"])
    test(`are one line of crisp ${verb}, and its exit code is not 0`, async () => {
      const { code, stdout, stderr } = await crisp([verb, model, data]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, refused);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    });
  test("are an error of Classifier.predict", async () => {
    const classifier = await Classifier.load(model);
    await assert.rejects(classifier.predict("a fine film"), { code: "model/not-finite", message: refused });
  });
  for (const verb of ["train", "study"])
    test(`are one line of crisp ${verb} before anything is trained`, async () => {
      const { code, stderr } = await crisp([verb, data, "--model", model, ...(verb === "study" ? ["--quick"] : [])], {
        cwd: work,
      });
      assert.equal(code, 1, stderr);
      const lines = stderr.split("\n").filter((line) => line !== "" && !/^(training: \d+ %|device: )/.test(line));
      assert.match(lines.at(-1) ?? "", /model\.safetensors: expected weights that are finite numbers, got NaN in /);
    });
});
