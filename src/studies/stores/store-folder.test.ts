import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { CrispError } from "../../errors/index.ts";
import { DENSE, SPARSE, storedRun, tinyHeader } from "../tiny-study.fixture.ts";
import { idsOf, type KeptStudy, runName, type StudyHeader, type StudyRun, type StudyStore } from "./store.ts";
import { type FolderStoreOptions, folderStore } from "./store-folder-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-store-"));
after(() => rmSync(work, { recursive: true, force: true }));
let made = 0;
const newFolder = (): string => join(work, `study-${made++}`);

const header = tinyHeader();
const other: StudyHeader = { ...header, runs: header.runs.map((run) => ({ ...run, id: "another" })) };
const { runs } = header;
const text = (...path: string[]): string => readFileSync(join(...path), "utf8");

async function open(folder: string, asked = header, options?: FolderStoreOptions) {
  const store = folderStore(folder, options);
  await store.open(asked);
  return store;
}

/** Take runs until it is this one's turn, and finish it. */
async function finish(store: StudyStore, run: StudyRun): Promise<void> {
  const others: StudyRun[] = [];
  for (let taken = await store.claim("a"); taken && runName(taken) !== runName(run); taken = await store.claim("a"))
    others.push(taken);
  assert.equal(await store.finish(run, "a", storedRun(run)), true);
  for (const other of others) await store.release(other, "a");
}

/** A folder whose first `count` runs are finished, each with a log; the next one has a checkpoint. */
async function begun(count = 1): Promise<string> {
  const folder = newFolder();
  const store = await open(folder);
  for (const run of runs.slice(0, count)) {
    await store.log(run).append({ type: "note", text: "the first study's" });
    await finish(store, run);
  }
  const next = runs.at(count);
  if (next) {
    mkdirSync(store.checkpoints(next));
    writeFileSync(join(store.checkpoints(next), "checkpoint-7.crisp"), "CRISPCK2 and more");
  }
  await store.close();
  return folder;
}

test("files are named by arm and seed", async () => {
  const folder = await begun();
  assert.deepEqual(readdirSync(folder).sort(), ["runs", "study.json"]);
  const [dense, sparse] = [`${DENSE}.seed-1`, `${SPARSE}.seed-1`];
  assert.deepEqual(readdirSync(join(folder, "runs")).sort(), [sparse, `${dense}.json`, `${dense}.log.jsonl`].sort());
});

test("a finished run's checkpoints go; whatever else lies in their folder stays", async () => {
  const folder = await begun();
  const store = await open(folder);
  writeFileSync(join(store.checkpoints(runs[1]), "notes.txt"), "");
  await finish(store, runs[1]);
  assert.deepEqual(readdirSync(store.checkpoints(runs[1])), ["notes.txt"]);
  await store.close();
});

test("another study is refused with the way out, and the folder stays as it was", async () => {
  const folder = await begun();
  const before = text(folder, "study.json");
  await assert.rejects(folderStore(folder).open(other), { code: "study/other-study", message: /--overwrite_output_dir/ });
  assert.equal(text(folder, "study.json"), before);
  assert.ok(!existsSync(join(folder, ".crisp.lock")));
});

describe("overwriting", () => {
  test("keeps each old result, log and checkpoint until a new result takes its place", async () => {
    const folder = await begun(2);
    const held = (): string[] => readdirSync(join(folder, "runs")).sort();
    const before = held();
    const store = await open(folder, other, { overwrite: true });
    assert.deepEqual(await store.finished(), []);
    assert.deepEqual(held(), before);
    await store.log(runs[0]).append({ type: "note", text: "the second study's" });
    await finish(store, runs[0]);
    assert.deepEqual(await store.finished(), [storedRun(runs[0])]);
    const [first, , third] = runs.map(runName);
    assert.deepEqual(held(), [...before.filter((name) => name !== `${first}.log.jsonl`), `${first}.1.log.jsonl`].sort());
    mkdirSync(store.checkpoints(runs[2]));
    assert.ok(existsSync(join(folder, "runs", third, "checkpoint-7.crisp")), "the old study's, beside the new one's");
    await finish(store, runs[2]);
    assert.ok(!held().includes(third));
    await store.close();
    const later = await open(folder, other);
    assert.deepEqual(
      await later.finished(),
      [runs[0], runs[2]].map(storedRun),
      "the old study's second run is not the new one's",
    );
    assert.deepEqual(await later.claim("a"), other.runs[1]);
    await later.close();
  });

  test("starts afresh with the same study too, and reads nothing of it before", async () => {
    const folder = await begun();
    assert.deepEqual(await folderStore(folder).finished(header), [storedRun(runs[0])]);
    assert.deepEqual(await folderStore(folder, { overwrite: true }).finished(header), []);
    const store = await open(folder, header, { overwrite: true });
    assert.deepEqual(await store.finished(), []);
    assert.deepEqual(await store.claim("a"), runs[0]);
    await store.close();
  });

  test("removes old results that no new run replaces, once all new ones are there", async () => {
    const folder = await begun(4);
    const fewer = tinyHeader({ seeds: [2] });
    const store = await open(folder, fewer, { overwrite: true });
    const results = (): string[] => readdirSync(join(folder, "runs")).filter((name) => name.endsWith(".json"));
    await finish(store, runs[2]);
    assert.equal(results().length, 4);
    await finish(store, runs[3]);
    assert.deepEqual(results().sort(), [runs[2], runs[3]].map((run) => `${runName(run)}.json`).sort());
    await store.close();
  });

  test("touches nothing that is not listed in study.json", async () => {
    const folder = await begun();
    const mine = {
      "thesis.txt": "years",
      "runs/log.csv": "1",
      "runs/demo/study.json": "{}",
      [`runs/${DENSE}.seed-77.json`]: "{}",
    };
    mkdirSync(join(folder, "runs", "demo"));
    for (const [name, content] of Object.entries(mine)) writeFileSync(join(folder, name), content);
    const store = await open(folder, other, { overwrite: true });
    for (const run of runs) await finish(store, run);
    await store.close();
    for (const [name, content] of Object.entries(mine)) assert.equal(text(folder, name), content);
  });
});

describe("files of other origin that have the names of a study's are refused, overwriting or not, and stay", () => {
  const names = ["study.json", `runs/${runName(runs[0])}.json`, `runs/${runName(runs[3])}.log.jsonl`];
  for (const name of names) {
    test(name, async () => {
      const folder = newFolder();
      mkdirSync(join(folder, "runs"), { recursive: true });
      writeFileSync(join(folder, name), '{"mine": 1}');
      for (const overwrite of [false, true])
        await assert.rejects(folderStore(folder, { overwrite }).open(header), { code: "study/not-ours" });
      assert.equal(text(folder, name), '{"mine": 1}');
      assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ["runs", name].sort());
    });
  }
  test("a run that a finished study is asked to add", async () => {
    const folder = await begun();
    const stranger = join(folder, "runs", `${DENSE}.seed-3.json`);
    writeFileSync(stranger, "mine");
    const more = tinyHeader({ seeds: [1, 2, 3] });
    await assert.rejects(folderStore(folder).open(more), { code: "study/not-ours", message: /dense\.seed-3\.json/ });
    assert.equal(text(stranger), "mine");
  });
});

describe("what has come to stand where a run of the list had a file is refused, and stays", () => {
  const name = runName(runs[0]);
  const strangers: Readonly<Record<string, (folder: string) => string>> = {
    "a result that is none": (folder) => put(join(folder, "runs", `${name}.json`), "{}"),
    "another run's result": (folder) => put(join(folder, "runs", `${name}.json`), JSON.stringify(storedRun(runs[1]))),
    "a link to a result": (folder) => {
      const path = join(folder, "runs", `${name}.json`);
      renameSync(path, join(folder, "moved.json"));
      symlinkSync(join(folder, "moved.json"), path);
      return path;
    },
    "a log that is none": (folder) => put(join(folder, "runs", `${name}.log.jsonl`), "my notes"),
    "a checkpoint that is none": (folder) => put(join(folder, "runs", runName(runs[1]), "checkpoint-7.crisp"), "mine"),
  };
  const put = (path: string, content: string): string => {
    writeFileSync(path, content);
    return path;
  };
  for (const [what, place] of Object.entries(strangers)) {
    test(what, async () => {
      const folder = await begun();
      const path = place(folder);
      const before = text(path);
      await assert.rejects(
        folderStore(folder, { overwrite: true }).open(other),
        (error: CrispError) => /^(study\/not-ours|file\/not-own)$/.test(error.code) && error.message.startsWith(path),
      );
      assert.equal(text(path), before);
      assert.deepEqual((JSON.parse(text(folder, "study.json")) as KeptStudy).ids, idsOf(header));
    });
  }
});

describe("a damaged run file is named, with the way out", () => {
  const whole = JSON.stringify(storedRun(runs[0]));
  const damages = {
    "cut off": whole.slice(0, 30),
    empty: "",
    "not a run": "{}",
    null: "null",
    "another run": JSON.stringify(storedRun(runs[2])),
  };
  for (const [name, damaged] of Object.entries(damages)) {
    test(name, async () => {
      const folder = await begun();
      writeFileSync(join(folder, "runs", "dense.seed-1.json"), damaged);
      const store = await open(folder);
      await assert.rejects(store.finished(), {
        code: "study/corrupt",
        message: /dense\.seed-1\.json: expected .*Remove the file/,
      });
      await store.close();
    });
  }
  test("a damaged study.json", async () => {
    const folder = await begun();
    writeFileSync(join(folder, "study.json"), "{");
    await assert.rejects(open(folder), { code: "study/corrupt", message: /study\.json: expected JSON/ });
    assert.ok(!existsSync(join(folder, ".crisp.lock")));
  });
});

describe("one process at a time", () => {
  test("a folder that another opening works on is refused, and free once it is closed", async () => {
    const folder = await begun();
    const store = await open(folder);
    await assert.rejects(open(folder), { code: "study/busy", message: /\.crisp\.lock\.$/ });
    await store.close();
    assert.ok(!existsSync(join(folder, ".crisp.lock")));
    await (await open(folder)).close();
  });
});
