import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { html } from "../../../report/index.ts";
import { logLine } from "../../../runs/index.ts";
import { ask } from "../../../server/ask.fixture.ts";
import type { StoredRun, StudyHeader, StudyStore } from "../../../studies/index.ts";
import { type Connection, folderStore, sqlStore } from "../../../studies/index-node.ts";
import { evaluated, madeUpHeader, madeUpRun, started, step } from "../made-up.fixture.ts";
import { runPage } from "../pages/run-page.ts";
import { openRoot } from "../root.ts";
import { startUi } from "../start-ui.ts";
import { connectStudies } from "../studies/database.ts";
import { databaseRuns } from "./database-runs.ts";
import { folderRuns } from "./folder-runs.ts";
import type { RunSource } from "./run-source.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-ui-runs-"));
const folder = join(work, "runs");
const place = { folder: join(work, "database") };
const SECRET = "open-sesame";
const header = {
  ...madeUpHeader(["dense", "sparse"], [1, 2, 3]),
  command: `crisp study --database=postgres://crisp:${SECRET}@db/studies`,
  // in the order that jsonb keeps
  options: { data: `https://me:${SECRET}@host/tickets.csv`, maxSteps: 100, maxGradNorm: 1 },
} as StudyHeader;
const [dense1, sparse1, dense2, sparse2, , sparse3] = header.runs;
const pathOf = ({ arm, seed }: { arm: string; seed: number }): string => `database:made-up/runs/${arm}.seed-${seed}`;
let connection: Connection;
/** Rows that each question for events gave. */
const given: number[] = [];
let runs: RunSource;
let stores: [inDatabase: StudyStore, inFolder: StudyStore];

const resultOf = (arm: string, seed: number): StoredRun => {
  const figures = { loss: 0.5, figures: { accuracy: 0.75 }, primary: "accuracy", score: 0.75 };
  const runtime = { name: "onnxruntime-node", version: "1", device: "cpu", threads: 2 };
  return { ...madeUpRun(arm, seed, 30), figures, figuresSparsityOff: { ...figures, loss: 0.4 }, runtime };
};

before(async () => {
  connection = await connectStudies(place);
  const counted: Connection = {
    ...connection,
    async query<Row>(statement: string, values?: readonly unknown[]) {
      const rows = await connection.query<Row>(statement, values);
      if (/FROM crisp\.events WHERE/.test(statement) && /sequence\) >/.test(statement)) given.push(rows.length);
      return rows;
    },
  };
  runs = databaseRuns(counted);
  mkdirSync(folder);
  stores = [sqlStore(connection, { checkpoints: tmpdir() }), folderStore(join(folder, "made-up"))];
  for (const store of stores) {
    await store.open(header);
    for (const worker of ["a", "b", "c", "d"]) await store.claim(worker);
    await store.log(dense1).append(started, step(1), step(2), evaluated(2, 0.75), { type: "finished", seconds: 1 });
    await store.finish(dense1, "a", resultOf("dense", 1));
  }
});
after(async () => {
  for (const store of stores ?? []) await store.close();
  if (stores.length > 0) await connection?.close();
  rmSync(work, { recursive: true, force: true });
});

test("a run that is done has one page, wherever it lives: curves, figures, confusions and settings", async () => {
  const inDatabase = runPage(await runs.view(pathOf(dense1)));
  const inFolder = runPage(await folderRuns(openRoot(folder), () => html``).view("made-up/runs/dense.seed-1"));
  const said = (text: string): string =>
    /<div id="progress".*/s.exec(text)![0].replace(/<p class="note">A database keeps.*?<\/p>/, "");
  assert.equal(said(inDatabase).replace(/\s+/g, " "), said(inFolder).replace(/\s+/g, " "));
  for (const expected of [
    ...[/Loss over 2 updates/, /Learning rate/, /Gradient norm/, /tokens a second<\/dt><dd>100</],
    ...[/class 0: 15 of 20 right/, /accuracySparsityOff<\/dt><dd>0\.750/, /runtime threads<\/th><td class="text-cell">2</],
    ...[/href="\/study\?path=database%3Amade-up"/, /state finished/, /neither the texts nor the model/],
  ])
    assert.match(inDatabase, expected);
  assert.ok(!inDatabase.includes("data-again") && !inDatabase.includes("data-events"), "nothing more will come");
});

test("a run that goes on is read event by event, each once, also by two pages at the same time", async () => {
  const log = stores[0].log(sparse1);
  await log.append(started, step(1));
  assert.match(runPage(await runs.view(pathOf(sparse1))), /<body data-again="2">.*state running.*Loss over 1 update/s);
  await log.append(step(2), step(3));
  given.length = 0;
  const [first, second] = await Promise.all([runs.read(pathOf(sparse1)), runs.read(pathOf(sparse1))]);
  assert.deepEqual([given, first.state.step, first.state.course.steps.length], [[2, 0], 3, 3]);
  assert.deepEqual(second.state.course, first.state.course);
  // another worker goes on behind an earlier checkpoint
  await connection.query("UPDATE crisp.runs SET heartbeat = now() - interval '1 hour' WHERE name = 'sparse.seed-1'");
  const silent = await runs.view(pathOf(sparse1));
  assert.deepEqual([silent.state.word, silent.state.message], ["interrupted", "no sign of life for 3600 s"]);
  assert.ok(silent.follow, "another worker takes it");
  await connection.query("UPDATE crisp.runs SET heartbeat = now(), attempts = 2 WHERE name = 'sparse.seed-1'");
  for (const [at, event] of [{ ...started, resumedAt: 1 }, step(2, 7)].entries()) {
    await connection.query("INSERT INTO crisp.events SELECT run, 2, $1, $2::jsonb FROM crisp.runs WHERE name = 'sparse.seed-1'", [
      at + 1,
      logLine(event),
    ]);
  }
  const { state } = await runs.read(pathOf(sparse1));
  assert.deepEqual([state.word, state.message], ["running", undefined]);
  assert.deepEqual(
    state.course.steps.map(({ step, loss }) => [step, loss]),
    [
      [1, 1],
      [2, 7],
    ],
  );
});

test("a run that failed says why, and one that waits has a page without curves", async () => {
  await stores[0].release(dense2, "c", "the disk is full");
  const failed = await runs.view(pathOf(dense2));
  assert.deepEqual([failed.state.word, failed.state.message], ["failed", "the disk is full"]);
  assert.ok(failed.follow, "it is tried again");
  assert.match(runPage(await runs.view(pathOf(sparse3))), /state waiting.*none yet.*They come with the end of the run/s);
});

test("a run that another study did says so and leads there; one without a log says that its updates are nowhere", async () => {
  const curve = [{ step: 5, epoch: 1, evalLoss: 0.5, evalAccuracy: 0.75 }];
  const result = resultOf("sparse", 2);
  const taken = { ...result, takenFrom: "other", record: { ...result.record, steps: 9, curve } };
  await stores[0].log(sparse2).append({ type: "note", text: "taken from other" });
  await stores[0].finish(sparse2, "d", taken);
  const text = runPage(await runs.view(pathOf(sparse2)));
  assert.match(text, /The study <a href="\/study\?path=database%3Aother">other<\/a> did this run/);
  assert.match(text, /state finished.*9 updates/s);
  assert.deepEqual((await runs.read(pathOf(sparse2))).state.course.evaluations, curve);
  const worker = await stores[0].claim("f");
  assert.ok(worker);
  await stores[0].finish(worker, "f", resultOf(worker.arm, worker.seed));
  assert.match(runPage(await runs.view(pathOf(worker))), /can be seen nowhere else/);
});

test("what is no run of the database is not found, whatever its name", async () => {
  for (const path of [
    ...["database:made-up", "database:made-up/runs/dense.seed-9", "database:other/runs/dense.seed-1", "database:"],
    ...["database:made-up/runs/x'; DROP SCHEMA crisp CASCADE; --.seed-1", "database:made-up/runs/../made-up/runs/dense.seed-1"],
  ])
    for (const ask of [runs.read, runs.view]) await assert.rejects(ask(path), { code: "ui/not-found", status: 404 }, path);
  assert.equal((await runs.read(pathOf(dense1))).state.word, "finished");
});

test("a run's page is refused as all pages are, leads from its study's, can be compared, and has no password", async () => {
  for (const store of stores.splice(0)) await store.close();
  await connection.close();
  const stop = new AbortController();
  const server = await startUi(folder, { port: 0, database: place }, stop.signal);
  try {
    const cookie = (await ask(server.signInUrl())).headers["set-cookie"]![0].split(";")[0];
    const get = (path: string, headers: Record<string, string> = {}) =>
      ask(new URL(path, server.url), { headers: { Cookie: cookie, ...headers } });
    const study = await get("/study?path=database%3Amade-up");
    const href = /<a href="([^"]*)" aria-label="dense, seed 1: finished/.exec(study.text)![1].replaceAll("&amp;", "&");
    assert.equal(href, `/run?${new URLSearchParams({ path: pathOf(dense1) })}`);
    assert.equal((await get(href, { Cookie: "" })).status, 401);
    assert.equal((await get(href, { Cookie: "crisp=wrong" })).status, 401);
    assert.equal((await get(href, { Origin: "http://evil.example" })).status, 403);
    const page = await get(href);
    assert.match(page.text, /Loss over 2 updates/);
    const compared = await get(`/compare?run=${encodeURIComponent(pathOf(dense1))}&run=made-up/runs/dense.seed-1`);
    assert.match(compared.text, /<h1>2 runs compared/);
    for (const { status, text } of [study, page, compared]) assert.deepEqual([status, text.includes(SECRET)], [200, false]);
    assert.match(page.text, /postgres:\/\/crisp@db\/studies/);
    for (const path of ["/run", "/run/events", "/run/answers", "/try", "/report"]) {
      const unknown = await get(`${path}?path=${encodeURIComponent(pathOf({ arm: "dense", seed: 9 }))}`);
      assert.equal(unknown.status, 404, path);
    }
    const stopped = await ask(new URL("/stop", server.url), {
      ...{ method: "POST", body: new URLSearchParams({ path: pathOf(dense1) }).toString() },
      headers: { Cookie: cookie, "Content-Type": "application/x-www-form-urlencoded" },
    });
    assert.equal(stopped.status, 404);
  } finally {
    stop.abort();
    await server.stop();
  }
});
