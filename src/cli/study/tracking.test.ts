import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RunEvent } from "../../runs/index.ts";
import type { StoredRun, StudyEvent } from "../../studies/index.ts";
import { DENSE, SPARSE, tinyStudy } from "../../studies/tiny-study.fixture.ts";
import { scalarsOf } from "../../trackers/index-node.ts";
import { studyTracking } from "./tracking.ts";

type Asked = Parameters<typeof studyTracking>[0];
const asked = { options: { reportTo: ["tensorboard"] }, output: { note: assert.fail } } as unknown as Asked;
const heard = (arm: string, event: RunEvent): StudyEvent => ({ type: "run", arm, seed: 1, event });
const started: RunEvent = { type: "started", steps: 2, parameters: 1, resumedAt: 0 };
const step = (at: number): RunEvent => ({
  ...{ type: "step", step: at, steps: 2, epoch: at, loss: 1 },
  ...{ learningRate: 1e-4, gradientNorm: 2, tokensPerSecond: 100 },
});
const finished = (arm: string, resumed = false): StudyEvent => {
  const record = { arm, seed: 1, effectiveSparsity: 0.5, trainLoss: 1, seconds: 1 };
  const run = { record, figures: { figures: { accuracy: 0.9 }, loss: 1 } } as unknown as StoredRun;
  return { type: "run-finished", run, resumed, done: 1, total: 4 };
};

test("each run of a study is one of its trackers, also over several sittings", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-study-tracking-"));
  const sit = async (...events: StudyEvent[]): Promise<void> => {
    const tracking = studyTracking(asked, tinyStudy(), folder);
    const told: StudyEvent[] = [];
    const listen = tracking.with((event) => told.push(event));
    for (const event of events) listen(event);
    await tracking.end();
    assert.deepEqual(told, events);
  };
  try {
    await sit(heard(DENSE, started), heard(SPARSE, started), heard(DENSE, step(1)), heard(SPARSE, step(1)), finished(DENSE));
    await sit(finished(DENSE, true), heard(SPARSE, started), heard(SPARSE, step(1)), heard(SPARSE, step(2)), finished(SPARSE));
    const runs = readdirSync(join(folder, "tensorboard"));
    assert.equal(runs.length, 2);
    for (const run of runs) {
      const files = readdirSync(join(folder, "tensorboard", run)).map((name) => join(folder, "tensorboard", run, name));
      const logged = files.flatMap((file) => [...scalarsOf(readFileSync(file))]);
      const stepsOf = (tag: string) => logged.flatMap(({ step, tags }) => (tags.includes(tag) ? [step] : []));
      assert.deepEqual(stepsOf("train/loss"), files.length === 1 ? [1] : [1, 2]);
      assert.equal(stepsOf("final/effective_sparsity").length, 1);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
