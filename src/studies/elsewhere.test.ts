import assert from "node:assert/strict";
import { test } from "node:test";
import { type OtherStudy, runsElsewhere } from "./elsewhere.ts";
import type { PreparedStudy } from "./prepare.ts";
import type { StudyEvent } from "./run-study.ts";
import { prepareStudy, runStudy } from "./run-study-node.ts";
import { MemoryStudy } from "./stores/memory-store.fixture.ts";
import type { StoredRun } from "./stores/store.ts";
import { DENSE, SPARSE, tinyStudy } from "./tiny-study.fixture.ts";

const [dense, sparse] = tinyStudy().arms;
const first = prepareStudy(tinyStudy({ study: "first" }));

/** Runs a study, and says which runs were trained and which taken over. */
async function runsOf(study: PreparedStudy, kept: MemoryStudy, others: readonly OtherStudy[] = []) {
  const [trained, taken]: [string[], string[]] = [[], []];
  const onEvent = (event: StudyEvent): void => {
    if (event.type === "run" && event.event.type === "started") trained.push(`${event.arm} ${event.seed}`);
    if (event.type !== "run-finished" || event.resumed) return;
    const { record, takenFrom } = event.run;
    if (takenFrom !== undefined) taken.push(`${record.arm} ${record.seed} from ${takenFrom}`);
  };
  const finished = (await runStudy(study, { store: kept.store(), others, parallelRuns: 1, onEvent }))!;
  return { trained, taken, finished };
}

test("a run that is the same in another study is taken over, under its own name, and says from where", async () => {
  const there = new MemoryStudy();
  const done = await runsOf(first, there);
  assert.equal(done.trained.length, 4);
  // another name of the arm, and a seed that only this one has
  const second = prepareStudy(tinyStudy({ study: "second", arms: [dense, { ...sparse, name: "again" }], seeds: [1, 2, 3] }));
  const here = new MemoryStudy();
  const { trained, taken, finished } = await runsOf(second, here, [{ study: first, store: there.store() }]);
  assert.deepEqual(taken, ["again 1 from first", "again 2 from first"]);
  assert.deepEqual(trained, [`${DENSE} 1`, `${DENSE} 2`, `${DENSE} 3`, "again 3"], "dense is evaluated under another arm's name");
  const stored: StoredRun = JSON.parse(here.results.get("again.seed-1")!);
  assert.equal(stored.takenFrom, "first");
  const original: StoredRun = JSON.parse(there.results.get(`${SPARSE}.seed-1`)!);
  assert.deepEqual({ ...stored.record, arm: SPARSE }, original.record);
  assert.match(here.logs.get("again.seed-1")!.join(""), /"text":"taken from first"/);
  assert.deepEqual(
    finished.results.takenFrom,
    [1, 2].map((seed) => ({ arm: "again", seed, study: "first" })),
  );
  assert.equal(done.finished.results.takenFrom, undefined);
  // the result is that of doing it
  const alone = await runsOf(second, new MemoryStudy());
  const figures = ({ results }: typeof finished) =>
    results.arms.map(({ accuracy, evalLoss, verdict }) => [accuracy, evalLoss, verdict]);
  assert.deepEqual(figures(finished), figures(alone.finished));
  assert.equal(finished.predictions, alone.finished.predictions);
});

test("another reported split makes other ids, so that nothing is taken over", async () => {
  const { reported, ...data } = tinyStudy().data;
  const fewer = { ...reported, examples: reported.examples.slice(1) };
  const other = prepareStudy(tinyStudy({ data: { ...data, reported: fewer } }));
  const ids = new Set(first.header.runs.map(({ id }) => id));
  assert.ok(other.header.runs.every(({ id }) => !ids.has(id)));
});

test("a baseline is taken over only with its evaluations under all arms of this study", async () => {
  const run = (arm: string, crossProbabilities?: object): StoredRun =>
    ({ record: { arm, seed: 1, ...(crossProbabilities && { crossProbabilities }) }, fresh: [] }) as unknown as StoredRun;
  const under = { [SPARSE]: [[0.5, 0.5]] };
  const find = (there: PreparedStudy, found: StoredRun, here = first) =>
    runsElsewhere(here, [{ study: there, store: { finished: async () => [found] } }])(here.header.runs[0]);
  const same = prepareStudy(tinyStudy({ study: "same" }));
  assert.deepEqual((await find(same, run(DENSE, under)))?.record.crossProbabilities, under);
  assert.equal(await find(same, run(DENSE)), undefined, "kept before that arm was added");
  const other = prepareStudy(tinyStudy({ arms: [dense, { ...sparse, plan: { pattern: "slidingWindow(radius=3)" } }] }));
  assert.equal(await find(other, run(DENSE, under)), undefined, "another plan by the same name");
  const uncrossed = prepareStudy(tinyStudy({ study: "uncrossed", crossed: false }));
  assert.equal((await find(same, run(DENSE, under), uncrossed))?.record.crossProbabilities, undefined);
  assert.equal(await find(uncrossed, run(DENSE, under)), undefined);
});
