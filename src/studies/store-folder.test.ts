import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import type { StudyDefinition } from "./definition.ts";
import { demoStudies } from "./presets/demo.ts";
import { runStudy, type StudyEvent } from "./run-study-node.ts";
import { fingerprint, type StoredRun, StudyStore } from "./store-folder-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-store-"));
after(() => rmSync(work, { recursive: true, force: true }));
let made = 0;
const newFolder = (): string => join(work, `study-${made++}`);

const [demo] = demoStudies({ command: "crisp study", seeds: [1, 2] });
const part = (split: StudyDefinition["data"]["reported"], count: number) => ({
  ...split,
  examples: split.examples.slice(0, count),
});
/** Two configurations × two seeds of three updates. */
const tiny = (changes: Partial<StudyDefinition> = {}): StudyDefinition => ({
  ...demo,
  data: { train: part(demo.data.train, 64), selection: part(demo.data.selection!, 32), reported: part(demo.data.reported, 40) },
  configurations: [demo.configurations[0], demo.configurations[3]],
  options: { ...demo.options, maxSteps: 3, evalStrategy: "steps", evalSteps: 2 },
  ...changes,
});
const storedRun = (configuration: string, seed: number): StoredRun =>
  ({ record: { configuration, seed }, fresh: [], maps: [], freshParameters: [], runtime: {} }) as unknown as StoredRun;

/** A folder with one finished run of a definition. */
function begun(definition = tiny()): string {
  const folder = newFolder();
  const store = new StudyStore(folder, definition);
  store.keep(storedRun("dense", 1));
  store.close();
  return folder;
}

test("a finished run is found again, another one is not", () => {
  const store = new StudyStore(begun(), tiny());
  assert.deepEqual(store.finished("dense", 1), storedRun("dense", 1));
  assert.equal(store.finished("dense", 2), undefined);
  store.close();
});

describe("a study of something else is refused, and the folder stays as it was", () => {
  const { data, options, configurations } = tiny();
  const [first, ...others] = data.train.examples;
  const changes: Readonly<Record<string, Partial<StudyDefinition>>> = {
    "another text": { data: { ...data, train: { ...data.train, examples: [{ ...first, text: "another" }, ...others] } } },
    "another label": { data: { ...data, train: { ...data.train, examples: [{ ...first, label: 1 - first.label }, ...others] } } },
    "labels in another order": { data: { ...data, train: { ...data.train, labels: data.train.labels.toReversed() } } },
    "another reported split": { data: { ...data, reported: data.selection! } },
    "another learning rate": { options: { ...options, learningRate: 1e-5 } },
    "another pattern": { configurations: [configurations[0], { ...configurations[1], plan: { pattern: "topK(sparsity=0.8)" } }] },
    "another encoder": { model: { kind: "fresh", config: { width: 1 } } },
    "other seeds": { seeds: [3, 4] },
  };
  for (const [name, change] of Object.entries(changes)) {
    test(name, () => {
      const folder = begun();
      const before = readFileSync(join(folder, "study.json"), "utf8");
      assert.throws(() => new StudyStore(folder, tiny(change)), { code: "study/other-study", message: /--overwrite_output_dir/ });
      assert.equal(readFileSync(join(folder, "study.json"), "utf8"), before);
      new StudyStore(folder, tiny()).close();
    });
  }
});

test("a model folder counts by its weights, not by its path", () => {
  const [a, b] = ["model-a", "model-b"].map((name) => writeTinyModel(join(work, name)));
  const of = (path: string): string => fingerprint(tiny({ model: { kind: "folder", path } }));
  assert.equal(of(a), of(b));
  const weights = join(b, "model.safetensors");
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(weights, bytes);
  assert.notEqual(of(a), of(b));
});

test("more seeds add runs, but the plan stays that of the beginning", () => {
  const folder = begun();
  const store = new StudyStore(folder, tiny({ seeds: [1, 2, 3, 4, 5, 6], claims: [] }));
  assert.deepEqual(store.plan, { seeds: [1, 2], looks: [2] });
  store.close();
});

test("before the first run is finished the plan may change", () => {
  const folder = newFolder();
  new StudyStore(folder, tiny()).close();
  new StudyStore(folder, tiny({ seeds: [3, 4, 5], looks: [2, 3] })).close();
  const { plan } = JSON.parse(readFileSync(join(folder, "study.json"), "utf8"));
  assert.deepEqual(plan, { seeds: [3, 4, 5], looks: [2, 3] });
});

describe("a damaged run file is named, with the way out", () => {
  const whole = JSON.stringify(storedRun("dense", 1));
  const damages = {
    "cut off": whole.slice(0, 30),
    empty: "",
    "not a run": "{}",
    null: "null",
    "another run": JSON.stringify(storedRun("dense", 2)),
  };
  for (const [name, text] of Object.entries(damages)) {
    test(name, () => {
      const folder = begun();
      writeFileSync(join(folder, "runs", "dense.seed-1.json"), text);
      const store = new StudyStore(folder, tiny());
      assert.throws(() => store.finished("dense", 1), {
        code: "study/corrupt",
        message: /dense\.seed-1\.json: expected .*Remove the file/,
      });
      store.close();
    });
  }
  test("a damaged study.json", () => {
    const folder = begun();
    writeFileSync(join(folder, "study.json"), "{");
    assert.throws(() => new StudyStore(folder, tiny()), { code: "study/corrupt", message: /study\.json: expected JSON/ });
    assert.ok(!existsSync(join(folder, ".lock")));
  });
});

describe("one process at a time", () => {
  test("a folder that a living process works on is refused", () => {
    const folder = begun();
    writeFileSync(join(folder, ".lock"), `${process.ppid} ${hostname()}`);
    assert.throws(() => new StudyStore(folder, tiny()), { code: "study/busy", message: /\.lock\.$/ });
    writeFileSync(join(folder, ".lock"), `${process.pid} elsewhere`);
    assert.throws(() => new StudyStore(folder, tiny()), { code: "study/busy", message: /on elsewhere/ });
  });
  test("the lock of a dead process is taken over, and removed at the end", () => {
    const folder = begun();
    writeFileSync(join(folder, ".lock"), `4194400 ${hostname()}`); // above Linux's largest process id
    const store = new StudyStore(folder, tiny());
    assert.equal(readFileSync(join(folder, ".lock"), "utf8"), `${process.pid} ${hostname()}`);
    store.close();
    assert.ok(!existsSync(join(folder, ".lock")));
  });
});

test("a study runs once: the second time every run is there, and results and predictions are the same", async () => {
  const folder = newFolder();
  const events: StudyEvent[] = [];
  const run = () => runStudy(tiny(), { folder, parallelRuns: 2, onEvent: (event) => events.push(event) });
  const first = (await run())!;
  const runs = () => events.splice(0).flatMap((event) => (event.type === "run-finished" ? [event] : []));
  assert.deepEqual(
    runs().map(({ resumed }) => resumed),
    [false, false, false, false],
  );
  const second = (await run())!;
  const again = runs();
  assert.deepEqual(
    again.map(({ resumed }) => resumed),
    [true, true, true, true],
  );
  assert.deepEqual(
    again.map(({ done, total }) => [done, total]),
    [
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ],
  );
  assert.deepEqual({ ...second.results, createdAt: "" }, { ...first.results, createdAt: "" });
  const sorted = (lines: string): string[] => lines.split("\n").toSorted();
  assert.deepEqual(sorted(second.predictions), sorted(first.predictions));
  assert.deepEqual(readdirSync(join(folder, "runs")).length, 4, "no checkpoints are left");
});

test("looking again after more seeds than were planned gives no verdict word", async () => {
  const folder = newFolder();
  const options = { ...tiny().options, maxSteps: 1 };
  await runStudy(tiny({ options, seeds: [1, 2, 3, 4] }), { folder, parallelRuns: 1 });
  const { results } = (await runStudy(tiny({ options, seeds: [1, 2, 3, 4, 5] }), { folder, parallelRuns: 1 }))!;
  assert.equal(results.configurations[1].verdict.word, "no verdict");
  assert.match(results.configurations[1].verdict.sentence, /No look at .* was planned after 5 seeds/);
});

test("a stopped study returns null, gives the folder back and goes on", async () => {
  const folder = newFolder();
  const stop = new AbortController();
  const stopped = await runStudy(tiny(), {
    folder,
    parallelRuns: 1,
    signal: stop.signal,
    onEvent: ({ type }) => type === "run-finished" && stop.abort(),
  });
  assert.equal(stopped, null);
  assert.ok(!existsSync(join(folder, ".lock")));
  assert.equal(readdirSync(join(folder, "runs")).length, 1);
  assert.ok(await runStudy(tiny(), { folder, parallelRuns: 1 }));
});

test("a run that fails ends the study with its error, and what was finished stays", async () => {
  const folder = newFolder();
  const options = { ...tiny().options, learningRate: 1e30, warmupSteps: 0, maxGradNorm: 0 };
  await assert.rejects(runStudy(tiny({ options }), { folder, parallelRuns: 2 }), { code: "training/not-finite" });
  assert.ok(!existsSync(join(folder, ".lock")));
});

test("what no run could do is refused before the first run: layers, options", async () => {
  const [dense, sparse] = tiny().configurations;
  const where = tiny({ configurations: [dense, { ...sparse, plan: { ...sparse.plan, layers: [7] } }] });
  await assert.rejects(runStudy(where, { folder: newFolder() }), { code: "pattern/bad-plan" });
  await assert.rejects(runStudy(tiny({ options: { learningRate: -1 } }), { folder: newFolder() }), {
    code: "training/bad-option",
  });
});
