import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Connection, sqlStore } from "../../../studies/index-node.ts";
import { madeUpHeader, madeUpRun, started, step } from "../made-up.fixture.ts";
import { connectStudies } from "./database.ts";
import { type DatabaseStudies, databaseStudies, recordsIn } from "./database-studies.ts";
import { judgedAt } from "./study-source.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-ui-pglite-"));
const SEEDS = [1, 2, 3, 4, 5];
const header = madeUpHeader(["dense", "sparse"], SEEDS);
const PATH = "database:made-up";
let connection: Connection;
let studies: DatabaseStudies;

before(async () => {
  connection = await connectStudies({ folder: work });
  studies = databaseStudies(connection);
});
after(async () => {
  await studies?.close();
  rmSync(work, { recursive: true, force: true });
});

test("a study of a database is read run by run: done, running as far as its log says, failed, silent, and waiting", async () => {
  const store = sqlStore(connection, { checkpoints: tmpdir() });
  await store.open(header);
  const [dense1, sparse1, dense2, sparse2] = header.runs;
  for (const worker of ["a", "b", "c", "d"]) await store.claim(worker);
  await store.finish(dense1, "a", madeUpRun("dense", 1, 30));
  await store.log(sparse1).append(started, step(40));
  await store.release(dense2, "c", "the disk is full");
  await connection.query("UPDATE crisp.runs SET heartbeat = now() - interval '1 hour' WHERE name = 'sparse.seed-2'");
  const state = await studies.read(PATH);
  assert.deepEqual(
    [state.arms, state.seeds, state.done, state.total, state.look, state.corpus],
    [["dense", "sparse"], SEEDS, 1, 10, null, "made-up texts"],
  );
  assert.deepEqual(state.cell("dense", 1), { word: "finished", accuracy: 0.75, seconds: 1 });
  const { seconds, ...running } = state.cell("sparse", 1);
  assert.deepEqual([running, typeof seconds], [{ word: "running", share: 0.4 }, "number"]);
  assert.deepEqual(state.cell("dense", 2), { word: "failed", message: "the disk is full" });
  const silent = state.cell(sparse2.arm, sparse2.seed);
  assert.deepEqual([silent.word, silent.message], ["interrupted", "no sign of life for 3600 s"]);
  assert.deepEqual(state.cell("sparse", 5), { word: "waiting" });
  const { found, problem } = await studies.list();
  assert.deepEqual(
    found.map(({ path, kind, locked, changedMs }) => [path, kind, locked, Math.abs(Date.now() - changedMs) < 60_000]),
    [[PATH, "study", true, true]],
  );
  assert.equal(problem, undefined);
  assert.deepEqual([(await studies.count(PATH)).done, (await studies.count(PATH)).all], [1, 10]);
  await store.close();
});

test("a study that is not there is not found, whatever its name", async () => {
  for (const path of ["database:other", "database:", "database:made-up'; DROP SCHEMA crisp CASCADE; --"])
    await assert.rejects(studies.read(path), { code: "ui/not-found", status: 404 });
  assert.equal((await studies.read(PATH)).total, 10);
});

test("it is judged by the runs of the look alone, as a folder's is", async () => {
  await connection.query("UPDATE crisp.runs SET heartbeat = now() - interval '1 hour' WHERE state = 'running'");
  const store = sqlStore(connection, { checkpoints: tmpdir(), lostAfterSeconds: 0 });
  await store.open(header);
  for (let run = await store.claim("e"); run; run = await store.claim("e"))
    await store.finish(run, "e", madeUpRun(run.arm, run.seed, run.arm === "dense" ? 20 : 38));
  assert.equal((await studies.read(PATH)).look, 5);
  const { facts, records } = await recordsIn(connection, "made-up", 5);
  assert.equal(records.length, 10);
  assert.equal((await recordsIn(connection, "made-up", 2)).records.length, 4);
  const { verdicts, disagreements } = judgedAt(5, facts, records);
  assert.deepEqual(
    verdicts.map(({ arm, verdict }) => [arm, verdict.word]),
    [["sparse", "supported"]],
  );
  // dense was right on 10 texts more in its first run
  assert.deepEqual([disagreements.arms[0].onlyArm, disagreements.arms[0].onlyBaseline], [5 * 18 - 10, 0]);
});
