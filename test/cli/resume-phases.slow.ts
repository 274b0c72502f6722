// A training of several phases that is killed in each of them: nothing that was finished is trained again, and the bytes are the same.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TrainEvent } from "../../src/api/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp, type Finished } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-phases-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const data = writeReviews(work, "rows.tsv", 90);
const FOLDS = 4;
/** Updates of a contrastive phase on all rows. */
const UPDATES = 3 * 30;
const start = (out: string): string[] => [
  ...["train", data, "--model", model, "--output_dir", join(work, out), "--device", "cpu", "--no_onnx", "--json"],
  ...["--preset", "few", "--folds", `${FOLDS}`, "--contrastive_epochs", "30", "--num_train_epochs", "30", "--save_steps", "7"],
];
const parts = join(work, "parts");
const resume = (...more: string[]): string[] => ["train", "--resume_from_checkpoint", parts, "--json", ...more];

const eventsOf = ({ stdout }: Finished): TrainEvent[] =>
  stdout.split("\n").flatMap((line) => (line.startsWith("{") && line.endsWith("}") ? [JSON.parse(line)] : []));
/** By phase, the updates of its events. */
function updatesOf(run: Finished): ReadonlyMap<string, number[]> {
  const found = new Map<string, number[]>();
  for (const event of eventsOf(run)) {
    if (event.type !== "phase" && event.type !== "step") continue;
    const [name, done] = event.type === "phase" ? [event.name, event.done] : ["last", event.step];
    found.set(name, [...(found.get(name) ?? []), done]);
  }
  return found;
}
const foldName = (fold: number): string => `fold ${fold} of ${FOLDS}`;
const checkpoints = join(parts, "checkpoints");
const keptFolds = (): number => readdirSync(join(checkpoints, "folds")).filter((name) => /^fold-\d+\.json$/.test(name)).length;
/** Updates done in the newest checkpoint of a folder. */
const saved = (...names: string[]): number =>
  Math.max(...readdirSync(join(checkpoints, ...names)).map((name) => Number(/^checkpoint-(\d+)\.crisp$/.exec(name)?.[1] ?? 0)));
/** Without the seconds that it took. */
function cardOf(out: string): unknown {
  const { metrics, ...card } = JSON.parse(readFileSync(join(work, out, "crisp.json"), "utf8"));
  return { ...card, metrics: { ...metrics, seconds: 0 } };
}

test("killed in a fold, in the contrastive phase and in fine-tuning, a run ends with the bytes of an uninterrupted one", {
  timeout: 600_000,
}, async () => {
  const whole = await crisp(start("whole"));
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual([...updatesOf(whole).keys()], [...[1, 2, 3, 4].map(foldName), "contrastive", "last"]);

  const stopped = await crisp(start("parts"), { interruptOn: /"fold 2 of 4","done":5,/ });
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /^stopped; to continue: crisp train --resume_from_checkpoint /m);
  assert.equal(keptFolds(), 1);

  const killed = await crisp(resume(), { killOn: /"fold 3 of 4","done":1,/ });
  assert.equal(killed.code, null);
  assert.deepEqual([...updatesOf(killed).keys()], [foldName(2), foldName(3)]);
  assert.equal(keptFolds(), 2);
  const [otherRows, other] = [readFileSync(data, "utf8").replace("positive", "negative"), join(work, "other.tsv")];
  writeFileSync(other, otherRows);
  for (const [typed, difference] of [
    [["--contrastive_epochs", "29"], "contrastive.epochs 29, as now, got 30"],
    [["--save_steps", "7", "--lr", "0.01"], "--learning_rate 0.01, as now, got "],
    [["--folds", "5"], "fold 1 of 5, as now, got 1 of 4"],
    [["--seed", "1"], "seed 1, as now, got 42"],
    [[other], "the data that it was started with, got data that changed"],
  ] as const) {
    const refused = await crisp(resume(...typed));
    assert.ok(refused.stderr.includes(`fold-1.json: expected ${difference}`), refused.stderr);
  }

  const inContrastive = await crisp(resume(), { killOn: /"contrastive","done":20,/ });
  assert.equal(inContrastive.code, null);
  assert.deepEqual([...updatesOf(inContrastive).keys()], [foldName(3), foldName(4), "contrastive"]);
  for (const fold of [1, 2]) assert.match(inContrastive.stderr, new RegExp(`fold ${fold} is taken from .*fold-${fold}\\.json`));
  const reached = saved("contrastive");
  assert.ok(reached >= 14 && reached < UPDATES, `${reached}`);

  const inFineTuning = await crisp(resume(), { killOn: /"type":"step","step":20,/ });
  assert.equal(inFineTuning.code, null);
  const updates = updatesOf(inFineTuning);
  assert.deepEqual([...updates.keys()], ["contrastive", "last"]);
  assert.equal(updates.get("contrastive")![0], reached + 1);
  assert.match(inFineTuning.stderr, new RegExp(`contrastive: continues after update ${reached}$`, "m"));
  const tuned = saved();

  const resumed = await crisp(resume());
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual([...updatesOf(resumed).keys()], ["last"]);
  assert.equal(updatesOf(resumed).get("last")![0], tuned + 1);
  for (const name of ["model.safetensors", "errors.csv", "right-answers.json"])
    assert.ok(readFileSync(join(work, "whole", name)).equals(readFileSync(join(parts, name))), name);
  assert.deepEqual(cardOf("parts"), cardOf("whole"));
});
