import assert from "node:assert/strict";
import { test } from "node:test";
import { CrispError } from "../errors/index.ts";
import type { RunResult, RunSpecByHash, RunWorker } from "../runs/index.ts";
import { MemoryStudy } from "./stores/memory-store.fixture.ts";
import type { StoredRun, StudyStore } from "./stores/store.ts";
import { storedRun, tinyHeader } from "./tiny-study.fixture.ts";
import { type WorkSettings, workThrough } from "./work-through.ts";

const header = tinyHeader();

async function opened(changes: (store: StudyStore) => Partial<StudyStore>): Promise<StudyStore> {
  const store = new MemoryStudy().store();
  await store.open(header);
  return { ...store, ...changes(store) };
}

/** One lane whose runs take no time. */
function settings(
  done: StoredRun[],
  run = (_: RunSpecByHash): RunResult => storedRun(header.runs[0]) as RunResult,
): WorkSettings {
  const worker = { hold: () => {}, run: async (spec: RunSpecByHash) => run(spec), close: async () => {} } as unknown as RunWorker;
  return {
    name: "machine:7",
    lanes: 1,
    startWorker: () => worker,
    specOf: ({ arm, seed }) => ({ arm, seed }) as RunSpecByHash,
    elsewhere: async () => undefined,
    onEvent: () => {},
    onFinished: (result) => done.push(result),
  };
}

test("while others are at work, their runs are waited for, and taken when they are given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let others = true;
  const done: StoredRun[] = [];
  const store = await opened((real) => ({
    claim: async (worker) => (others ? undefined : real.claim(worker)),
    othersAtWork: async () => {
      if (others) setImmediate(() => t.mock.timers.tick(15_000));
      return others;
    },
  }));
  const ended = workThrough(store, settings(done));
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(done.length, 0);
  others = false;
  await ended;
  assert.equal(done.length, header.runs.length);
});

test("a result that comes too late is not counted as this worker's", async () => {
  const done: StoredRun[] = [];
  let late = true;
  const store = await opened((real) => ({
    async finish(run, worker, result) {
      const recorded = await real.finish(run, worker, result);
      if (!late) return recorded;
      late = false;
      return false;
    },
  }));
  await workThrough(store, settings(done));
  assert.equal(done.length, header.runs.length - 1);
});

test("a run that is done elsewhere is kept without a worker, and is free again where it cannot be read", async () => {
  const done: StoredRun[] = [];
  const found = { ...storedRun(header.runs[0]), takenFrom: "another" };
  const store = await opened(() => ({}));
  const idle = {
    ...settings(done),
    startWorker: assert.fail,
    elsewhere: async () => (done.length === 0 ? found : Promise.reject(new Error("cut off"))),
  };
  await assert.rejects(workThrough(store, idle), { message: "cut off" });
  assert.deepEqual(done, [found]);
  assert.deepEqual(await store.finished(), [found]);
  assert.deepEqual(await store.claim("another"), header.runs[1]);
});

test("a full disk ends this worker with its one error, and the store is told whose run is free and why", async () => {
  const released: unknown[] = [];
  const store = await opened((real) => ({
    async release(run, worker, failure) {
      released.push([run, failure]);
      await real.release(run, worker, failure);
    },
  }));
  const full = new CrispError("file/disk-full", "checkpoints: expected room to write, got a full disk.");
  const failing = settings([], () => {
    throw full;
  });
  await assert.rejects(workThrough(store, failing), full);
  assert.deepEqual(released, [[header.runs[0], full.message]]);
  assert.deepEqual(await store.claim("another"), header.runs[0]);
});
