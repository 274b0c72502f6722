import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { reviews, tinyClassifier } from "../../../../test/export/saved-models.fixture.ts";
import { startModels } from "./model-thread.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-model-thread-"));
after(() => rmSync(work, { recursive: true, force: true }));

test("an input that cannot be read fails alone, and a thread that dies says so to whoever asks", async () => {
  tinyClassifier("dense").save(work, { onnx: false });
  const notes: string[] = [];
  const model = await startModels({ folders: [work], batchSize: 4 }, (text) => notes.push(text));
  const [{ fields, pairs, reads }] = model.facts;
  assert.deepEqual({ fields, pairs, reads }, { fields: ["label", "score"], pairs: "possible", reads: "texts" });

  const [fine, bad, other] = await model.answer({ model: 0, inputs: [reviews[0], Uint8Array.of(1), reviews[1]] });
  assert.ok("answer" in fine && "answer" in other);
  assert.ok("error" in bad && bad.ofInput);
  assert.equal(bad.error.code, "model/reads-texts");

  const broken = null as unknown as readonly string[];
  const lost = { code: "serve/lost", status: 503 };
  await assert.rejects(model.answer({ model: 0, inputs: broken }), lost);
  assert.equal(((await model.lost) as Error & { code: string }).code, "serve/lost");
  await assert.rejects(model.answer({ model: 0, inputs: reviews }), lost);
  await model.close();
});
