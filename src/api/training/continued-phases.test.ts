import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import { type TrainSettings, train } from "../train-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-continued-"));
after(() => rmSync(work, { recursive: true, force: true }));
const settings: TrainSettings = {
  ...{ data: writeReviews(work, "rows.tsv", 24), model: writeTinyModel(join(work, "model")), threads: 1 },
  ...{ preset: "few", folds: 2, contrastiveEpochs: 3 },
};

/** Train, and keep the names of the phases that made updates; stopped at the first update of one of them. */
async function trained(changes: Partial<TrainSettings>, stopIn?: string) {
  const stop = new AbortController();
  const run = train({ ...settings, ...changes, signal: stop.signal });
  const [phases, notes] = [new Set<string>(), [] as string[]];
  for await (const event of run) {
    if (event.type === "note") notes.push(event.text);
    if (event.type !== "phase") continue;
    phases.add(event.name);
    if (event.name === stopIn) stop.abort();
  }
  return { result: await run.result, phases: [...phases], notes };
}

test("train() with the same checkpoints repeats no phase, and gives the same weights and figures", async () => {
  const checkpoints = join(work, "checkpoints");
  const whole = await trained({});
  assert.deepEqual(whole.phases, ["fold 1 of 2", "fold 2 of 2", "contrastive"]);
  const stopped = await trained({ checkpoints }, "fold 2 of 2");
  assert.equal(stopped.result, null);

  const continued = await trained({ checkpoints });
  assert.deepEqual(continued.phases, ["fold 2 of 2", "contrastive"]);
  // a run that has finished is continued at its end; with other threads the last bits may differ, and it says so
  const [again, elsewhere] = [await trained({ checkpoints }), await trained({ checkpoints, threads: 2 })];
  const others = /other folds were predicted by another runtime/;
  const weights = async ({ result }: typeof whole) => (await result!.model.files()).get("model.safetensors")!;
  for (const each of [continued, again]) {
    const { result, notes } = each;
    assert.deepEqual(await weights(each), await weights(whole));
    assert.deepEqual(result!.evaluated.probabilities, whole.result!.evaluated.probabilities);
    assert.deepEqual(result!.baselines, whole.result!.baselines);
    assert.ok(!notes.some((text) => others.test(text)));
  }
  for (const { phases, notes } of [again, elsewhere]) {
    assert.deepEqual(phases, []);
    assert.ok(notes.includes("contrastive: continues after update 3"), notes.join());
  }
  assert.ok(elsewhere.notes.some((text) => others.test(text)));
});
