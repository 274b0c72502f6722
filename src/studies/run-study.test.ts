import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import type { LoggedEvent } from "../runs/index.ts";
import { nodeStudies } from "./environment-node.ts";
import type { PreparedStudy } from "./prepare.ts";
import { runStudyIn, type StudyEvent, type StudyOptions } from "./run-study.ts";
import { prepareStudy } from "./run-study-node.ts";
import { MemoryStudy } from "./stores/memory-store.fixture.ts";
import { folderStore } from "./stores/store-folder-node.ts";
import { tinyStudy } from "./tiny-study.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-run-study-"));
after(() => rmSync(work, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(work, "study-"));
const tiny = prepareStudy(tinyStudy());
/** A run has one core: runs this small lose more to the waiting of a second thread than it computes. */
const runStudy = (study: PreparedStudy, options: StudyOptions) => runStudyIn({ ...nodeStudies, cores: 1 }, study, options);

const linesOf = (predictions: string): unknown[][] =>
  predictions
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ arm, seed, index }) => [arm, seed, index]);

test("a study runs once: the second time every run is there, and results and predictions are the same", async () => {
  const folder = newFolder();
  const events: StudyEvent[] = [];
  const run = () => runStudy(tiny, { store: folderStore(folder), parallelRuns: 2, onEvent: (event) => events.push(event) });
  const runs = () => events.splice(0).flatMap((event) => (event.type === "run-finished" ? [event] : []));
  const first = (await run())!;
  assert.deepEqual(
    runs().map(({ resumed }) => resumed),
    [false, false, false, false],
  );
  const second = (await run())!;
  assert.deepEqual(
    runs().map(({ resumed, done, total }) => [resumed, done, total]),
    [1, 2, 3, 4].map((done) => [true, done, 4]),
  );
  assert.deepEqual({ ...second.results, createdAt: "" }, { ...first.results, createdAt: "" });
  const { classes, hyperparameters, attentionMaps } = first.results;
  assert.deepEqual(classes, tiny.definition.data.train.labels);
  assert.equal(hyperparameters!.max_steps, 3);
  assert.equal(hyperparameters!.max_grad_norm, 1, "what was not given, too");
  const heads = attentionMaps
    .filter(({ sentence }) => sentence === attentionMaps[0].sentence)
    .map(({ layer, head }) => [layer, head]);
  assert.deepEqual(
    heads.slice(0, 8),
    [0, 1].flatMap((layer) => [0, 1, 2, 3].map((head) => [layer, head])),
  );
  assert.equal(second.predictions, first.predictions);
  const names = readdirSync(join(folder, "runs"));
  assert.deepEqual([...new Set(names.map((name) => name.replace(/^.*seed-\d/, "")))].sort(), [".json", ".log.jsonl"]);
  assert.equal(names.length, 8, "no checkpoints are left");
});

test("predictions stand in the study's order, whichever run was finished first", async () => {
  const straight = new MemoryStudy();
  const { predictions } = (await runStudy(tiny, { store: straight.store(), parallelRuns: 1 }))!;
  // the last run was finished before all others, as when a study of several lanes is killed
  const killed = new MemoryStudy();
  killed.kept = straight.kept;
  const [last, result] = [...straight.results].at(-1)!;
  killed.results.set(last, result);
  const again = (await runStudy(tiny, { store: killed.store(), parallelRuns: 1 }))!;
  assert.equal(again.predictions, predictions);
  const expected = tiny.header.runs.flatMap(({ arm, seed }) => tiny.data.reported.map(({ index }) => [arm, seed, index]));
  assert.deepEqual(linesOf(again.predictions), expected);
});

test("texts are read in windows where the tokenizer makes them, in every run", async () => {
  const { tokenizer } = tinyStudy();
  const predictionsBy = async (longTexts: "head" | "chunks", parallelRuns: number): Promise<string> => {
    const study = prepareStudy(tinyStudy({ tokenizer: tokenizer.fit({ maxLength: 8, longTexts, docStride: 2 }) }));
    assert.equal(
      study.data.train.some(({ others }) => others),
      longTexts === "chunks",
    );
    return (await runStudy(study, { store: new MemoryStudy().store(), parallelRuns }))!.predictions;
  };
  const inChunks = await predictionsBy("chunks", 1);
  assert.notEqual(inChunks, await predictionsBy("head", 1));
  assert.equal(await predictionsBy("chunks", 2), inChunks, "child processes are sent the windows too");
});

test("runs that others finished meanwhile are told at the end", async () => {
  const others = new MemoryStudy();
  await runStudy(tiny, { store: others.store(), parallelRuns: 1 });
  const study = new MemoryStudy();
  const told: unknown[] = [];
  const onEvent = (event: StudyEvent): void => {
    if (event.type !== "run-finished") return;
    told.push([event.resumed, event.done]);
    if (told.length === 1) for (const [name, result] of [...others.results].slice(1)) study.results.set(name, result);
  };
  assert.ok(await runStudy(tiny, { store: study.store(), parallelRuns: 1, onEvent }));
  assert.deepEqual(told, [
    [false, 1],
    [true, 2],
    [true, 3],
    [true, 4],
  ]);
});

test("each run's log holds its events, from the start to the end", async () => {
  const folder = newFolder();
  const store = folderStore(folder);
  await runStudy(tiny, { store, parallelRuns: 2 });
  for (const run of tiny.header.runs) {
    const events: LoggedEvent[] = [];
    for await (const event of store.log(run).read()) events.push(event);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["started", "step", "step", "evaluated", "step", "finished"],
    );
  }
});

test("looking again after more seeds than were planned gives no verdict word", async () => {
  const folder = newFolder();
  const options = { ...tinyStudy().options, maxSteps: 1 };
  const run = (seeds: number[]) =>
    runStudy(prepareStudy(tinyStudy({ options, seeds })), { store: folderStore(folder), parallelRuns: 1 });
  await run([1, 2, 3, 4]);
  const { results } = (await run([1, 2, 3, 4, 5]))!;
  assert.equal(results.arms[1].verdict.word, "no verdict");
  assert.match(results.arms[1].verdict.sentence, /No look at .* was planned after 5 seeds/);
});

test("a stopped study returns null, gives the folder back and continues", async () => {
  const folder = newFolder();
  const stop = new AbortController();
  const stopped = await runStudy(tiny, {
    store: folderStore(folder),
    parallelRuns: 1,
    signal: stop.signal,
    onEvent: ({ type }) => type === "run-finished" && stop.abort(),
  });
  assert.equal(stopped, null);
  assert.ok(!existsSync(join(folder, ".crisp.lock")));
  assert.equal(readdirSync(join(folder, "runs")).filter((name) => name.endsWith(".json")).length, 1);
  assert.ok(await runStudy(tiny, { store: folderStore(folder), parallelRuns: 1 }));
});

test("a run that is stopped in the middle is given back, and its log says so", async () => {
  const study = new MemoryStudy();
  const stop = new AbortController();
  const onEvent = (event: StudyEvent) => event.type === "run" && event.event.type === "started" && stop.abort();
  const long = prepareStudy(tinyStudy({ options: { ...tinyStudy().options, maxSteps: 1_000_000 } }));
  assert.equal(await runStudy(long, { store: study.store(), parallelRuns: 1, signal: stop.signal, onEvent }), null);
  assert.deepEqual([...study.claims], []);
  const [lines] = study.logs.values();
  assert.equal(JSON.parse(lines.at(-1)!).type, "stopped");
});

test("a run that fails ends the study with its error, which its log holds too; what was finished stays", async () => {
  const folder = newFolder();
  const model = writeTinyModel(join(folder, "model"));
  const failing = prepareStudy(tinyStudy({ model: { kind: "folder", path: model } }));
  rmSync(model, { recursive: true });
  const store = folderStore(folder);
  await assert.rejects(runStudy(failing, { store, parallelRuns: 2 }));
  assert.ok(!existsSync(join(folder, ".crisp.lock")));
  let last: LoggedEvent | undefined;
  for await (const event of store.log(failing.header.runs[0]).read()) last = event;
  assert.equal(last?.type, "failed");
});

test("a run that diverges is kept and counted: it answers the class shares of the training set", async () => {
  const [dense, sparse] = tinyStudy().arms;
  const wild = { ...sparse, options: { learningRate: 1e30, warmupSteps: 0, maxGradNorm: 0 } };
  const study = prepareStudy(tinyStudy({ arms: [dense, wild] }));
  const { results, runs, predictions } = (await runStudy(study, { store: new MemoryStudy().store(), parallelRuns: 1 }))!;
  const [first, second] = results.arms;
  assert.equal(first.diverged, undefined);
  assert.equal(second.diverged, 2);
  const { examples, labels } = study.definition.data.train;
  const shares = labels.map((_, label) => examples.filter((each) => each.label === label).length / examples.length);
  const { record } = runs.find(({ record: { arm } }) => arm === wild.name)!;
  assert.deepEqual(new Set(record.probabilities.map(String)), new Set([String(shares)]));
  assert.equal(linesOf(predictions).length, 4 * study.data.reported.length);
});

test("arms train with their own options, and on the rows that the seed draws for all of them", async () => {
  const [dense, sparse] = tinyStudy().arms;
  const arms = [dense, { ...sparse, options: { maxSteps: 1 } }];
  const study = prepareStudy(tinyStudy({ arms, draw: { rows: 16 } }));
  const { runs, results } = (await runStudy(study, { store: new MemoryStudy().store(), parallelRuns: 1 }))!;
  assert.deepEqual(
    runs.map(({ record }) => record.steps),
    [3, 1, 3, 1],
  );
  assert.equal(results.examples.train, 16);
  const whole = (await runStudy(tiny, { store: new MemoryStudy().store(), parallelRuns: 1 }))!;
  assert.notDeepEqual(runs[0].record.probabilities, whole.runs[0].record.probabilities);
});
