import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { registerHooks } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { reviews, tinyClassifier } from "../export/saved-models.fixture.ts";

const root = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "crisp-serverless-"));
after(() => rmSync(work, { recursive: true, force: true }));

test("the example handler loads the model once and answers as predict does; bad bodies are its caller's mistake", async () => {
  const model = tinyClassifier("dense");
  model.save(join(work, "model"), { onnx: false });
  process.env.CRISP_MODEL = join(work, "model");
  // the package by its name, from the sources
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === "crisp-attention" ? pathToFileURL(join(root, "src/index.ts")).href : specifier, context),
  });
  const { handler } = await import(pathToFileURL(join(root, "examples/deploy/serverless/handler.mjs")).href);
  hooks.deregister();
  rmSync(join(work, "model"), { recursive: true }); // nothing is read again
  const texts = reviews.slice(0, 5);
  const body = JSON.stringify({ texts });
  const expected = { answers: await model.predict(texts) };
  for (const event of [{ body }, { body: Buffer.from(body).toString("base64"), isBase64Encoded: true }]) {
    const answer = await handler(event);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(JSON.parse(answer.body), expected);
  }
  for (const bad of ["", "{", "{}", '{"texts":[]}', '{"texts":[""]}', '{"texts":"a"}', undefined])
    assert.equal((await handler({ body: bad })).statusCode, 422, bad);
});
