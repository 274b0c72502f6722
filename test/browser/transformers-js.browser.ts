// Folders that Crisp saved, in transformers.js in headless Chromium: part of `npm run test:browser`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { reviews, tinyClassifier } from "../export/saved-models.fixture.ts";
import { openTransformersPage, type Scored, type TransformersPage } from "./transformers-js/open.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-transformers-"));
const models = { dense: tinyClassifier("dense"), sparse: tinyClassifier("topK(sparsity=0.8)") };
const batches = [reviews.slice(0, 7), reviews.slice(7, 8), reviews.slice(8)];

let page: TransformersPage;
before(async () => {
  for (const [name, model] of Object.entries(models)) model.save(join(work, name), { quantize: "int8" });
  const folders = { dense: join(work, "dense"), sparse: join(work, "sparse") };
  page = await openTransformersPage(join(work, "page"), folders);
});
after(async () => {
  await page?.close();
  rmSync(work, { recursive: true });
});

const scoreOf = (row: readonly Scored[], label: string): number => row.find((each) => each.label === label)!.score;

for (const name of ["dense", "sparse"] as const) {
  test(`a page loads the float file of a ${name} model without options, and gives Crisp's labels and scores`, async () => {
    const own = await models[name].predict([...reviews], { topK: 2 });
    const theirs = await page.scores(name, batches);
    assert.equal(theirs.length, reviews.length);
    for (const [at, row] of own.entries()) {
      assert.equal(theirs[at][0].label, row[0].label, reviews[at]);
      for (const { label, score } of row) assert.ok(Math.abs(score - scoreOf(theirs[at], label)) <= 1e-3, reviews[at]);
    }
    assert.ok(page.asked.has(`/models/${name}/onnx/model.onnx`) && !page.asked.has(`/models/${name}/onnx/model_quantized.onnx`));
  });
}

test("a page takes the 8-bit file when asked to", async () => {
  const [whole, small] = [await page.scores("sparse", batches), await page.scores("sparse", batches, { dtype: "q8" })];
  assert.ok(page.asked.has("/models/sparse/onnx/model_quantized.onnx"));
  const differences = whole.flatMap((row, at) => row.map(({ label, score }) => Math.abs(score - scoreOf(small[at], label))));
  assert.ok(Math.max(...differences) > 1e-6 && Math.max(...differences) < 0.3, `${Math.max(...differences)}`);
});
