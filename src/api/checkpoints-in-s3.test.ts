import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { s3Server } from "../training/checkpoints/places/s3/s3-server.fixture.ts";
import { type TrainSettings, train } from "./index-node.ts";

const server = await s3Server();
const work = mkdtempSync(join(tmpdir(), "crisp-api-s3-"));
after(() => {
  server.close();
  rmSync(work, { recursive: true, force: true });
});
// the run's thread reads them too
Object.assign(process.env, server.env);

const settings: TrainSettings = {
  ...{ data: writeReviews(work, "rows.tsv", 24), model: writeTinyModel(join(work, "model")), threads: 1, preset: "huggingface" },
  ...{ maxSteps: 6, saveSteps: 2, evalStrategy: "no", loggingDir: join(work, "tensorboard") },
};

async function trained(changes: Partial<TrainSettings>, stopAt?: string) {
  const stop = new AbortController();
  const run = train({ ...settings, ...changes, signal: stop.signal });
  const notes: string[] = [];
  let steps = 0;
  for await (const event of run) {
    if (event.type === "note") notes.push(event.text);
    if (event.type === "step") steps++;
    if (event.type === stopAt) stop.abort();
  }
  const result = await run.result;
  return { steps, notes, weights: (await result?.model.files())?.get("model.safetensors") };
}

test("a training that is stopped goes on from its checkpoint in S3, to the same weights, and leaves nothing on this disk", async () => {
  const checkpoints = "s3://bucket/trainings/a";
  const whole = await trained({});
  const stopped = await trained({ checkpoints }, "saved");
  assert.equal(stopped.weights, undefined);
  assert.match([...server.objects.keys()].join(), /^trainings\/a\/checkpoint-\d\.crisp$/);
  const continued = await trained({ checkpoints, reportTo: "tensorboard" });
  assert.ok(continued.steps < whole.steps, `${continued.steps} updates of ${whole.steps}`);
  assert.deepEqual(continued.weights, whole.weights);
  assert.ok(!existsSync("s3:"));
});

test("phases keep their checkpoints there, and folds are done again", async () => {
  server.objects.clear();
  const checkpoints = "s3://bucket/trainings/b";
  const phased = { checkpoints, preset: "few", folds: 2, contrastiveEpochs: 3, maxSteps: undefined } as const;
  const first = await trained(phased);
  assert.ok([...server.objects.keys()].some((key) => /^trainings\/b\/contrastive\/checkpoint-\d+\.crisp$/.test(key)));
  const again = await trained(phased);
  assert.deepEqual(again.weights, first.weights);
  assert.ok(again.notes.includes("contrastive: continues after update 3"), again.notes.join());
  assert.ok(!existsSync("s3:"));
});

test("where checkpoints cannot be kept, nothing is read", async () => {
  await assert.rejects(train({ ...settings, data: "none.csv", checkpoints: "s3://none/a" }).result, {
    code: "checkpoint/no-bucket",
  });
});
