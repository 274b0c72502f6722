import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Found, newestLog, walk } from "./find.ts";
import { addEvents, madeUpStudy, madeUpTraining, started } from "./made-up.fixture.ts";
import { byTime, createIndex, pageOf, ROWS_PER_PAGE } from "./run-index.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-index-"));
after(() => rmSync(work, { recursive: true, force: true }));

async function found(folder: string, limits?: Parameters<typeof walk>[2]): Promise<{ paths: string[]; whole: boolean }> {
  const all: Found[] = [];
  const whole = await walk(folder, (each) => all.push(each), limits);
  return { paths: all.map(({ path, kind }) => `${kind} ${path}`).sort(), whole };
}

test("trainings, studies and runs of studies are found at any depth; other folders, and what a run has inside, are none", async () => {
  const folder = join(work, "kinds");
  madeUpTraining(join(folder, "a/deep/model"));
  mkdirSync(join(folder, "downloaded"), { recursive: true });
  writeFileSync(join(folder, "downloaded/config.json"), "{}");
  mkdirSync(join(folder, "saved"), { recursive: true });
  writeFileSync(join(folder, "saved/crisp.json"), "{}");
  madeUpStudy(join(folder, "study"), { arms: ["dense", "sparse"], seeds: [1] });
  addEvents(join(folder, "study/runs/dense.seed-1.log.jsonl"), started);
  writeFileSync(join(folder, "study/runs/sparse.seed-1.json"), "{}");
  writeFileSync(join(folder, "study/runs/notes.txt"), "mine");
  assert.deepEqual(await found(folder), {
    whole: true,
    paths: [
      ...["run of a study study/runs/dense.seed-1", "run of a study study/runs/sparse.seed-1"],
      ...["study study", "training a/deep/model", "training saved"],
    ],
  });
});

test("links are passed, and a walk ends at its limits and says so", async () => {
  const folder = join(work, "limits");
  madeUpTraining(join(folder, "one/two/three/model"));
  madeUpTraining(join(work, "elsewhere/model"));
  symlinkSync(join(work, "elsewhere"), join(folder, "link"));
  symlinkSync(folder, join(folder, "one/circle"));
  assert.deepEqual(await found(folder), { paths: ["training one/two/three/model"], whole: true });
  assert.deepEqual(await found(folder, { limits: { depth: 2, folders: 100 } }), { paths: [], whole: false });
  assert.deepEqual(await found(folder, { limits: { depth: 9, folders: 3 } }), { paths: [], whole: false });
});

test("studies of one command are at work when the folder above them is locked", async () => {
  const folder = join(work, "locked");
  madeUpStudy(join(folder, "demo/one"), { arms: ["dense"], seeds: [1] });
  madeUpStudy(join(folder, "other"), { arms: ["dense"], seeds: [1] });
  mkdirSync(join(folder, "demo/.crisp.lock"));
  const locked: string[] = [];
  await walk(folder, (each) => each.locked && locked.push(each.path));
  assert.deepEqual(locked, ["demo/one"]);
});

test("of a training that was overwritten, the log is that of the newest run", async () => {
  const folder = join(work, "overwritten");
  madeUpTraining(folder);
  assert.equal(await newestLog(folder), "checkpoints/run.log.jsonl");
  for (const number of [2, 10]) addEvents(join(folder, `checkpoints/${number}/run.log.jsonl`), started);
  mkdirSync(join(folder, "checkpoints/11"));
  assert.equal(await newestLog(folder), "checkpoints/10/run.log.jsonl");
});

const many: readonly Found[] = Array.from({ length: 10_000 }, (_, at) => ({
  ...{ path: `team-${at % 7}/run-${at}`, kind: at % 10 === 0 ? ("study" as const) : ("training" as const) },
  ...{ changedMs: (at * 7919) % 10_000, locked: at === 5 },
})).sort(byTime);

test("10,000 entries are filtered by words, kind and lock, and come page by page, the latest first", () => {
  const all = pageOf(many, { text: "", page: 0 });
  assert.deepEqual([all.total, all.rows.length, all.pages], [10_000, ROWS_PER_PAGE, 10_000 / ROWS_PER_PAGE]);
  assert.equal(all.rows[0].changedMs, 9999);
  const some = pageOf(many, { text: "RUN-12 team-3", kind: "training", page: 0 });
  assert.ok(some.total > 0 && some.total < 200);
  assert.ok(some.rows.every(({ path, kind }) => path.startsWith("team-3/run-12") && kind === "training"));
  assert.deepEqual(
    pageOf(many, { text: "", locked: true, page: 0 }).rows.map(({ path }) => path),
    ["team-5/run-5"],
  );
  assert.equal(pageOf(many, { text: "", page: 1_000_000 }).page, 199);
  assert.deepEqual(pageOf(many, { text: "nothing like it", page: 3 }), { rows: [], total: 0, page: 0, pages: 1 });
});

test("an index is ready after its first look, the latest first", async () => {
  const folder = join(work, "index");
  for (const [at, name] of ["old", "new"].entries()) utimesSync(madeUpTraining(join(folder, name)), at + 1, at + 1);
  const index = createIndex(folder);
  assert.equal(index.state.looking, true);
  await index.ready(10_000);
  assert.deepEqual(
    index.all().map(({ path }) => path),
    ["new", "old"],
  );
  assert.equal(index.state.looking, false);
});
