import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { lockFolder } from "../../files/index-node.ts";
import { checkpointFolder } from "./checkpoint-storage-node.ts";
import { checkpointsInBrowser, deleteCheckpoints, savedCheckpoints } from "./checkpoint-storage-web.ts";
import { at, checkpointsContract, checkpointsOf, stateOf } from "./checkpoints.contract.ts";
import { type FakeFolder, installFakeOpfs } from "./fake-opfs.fixture.ts";
import { memoryStorage } from "./memory-storage.fixture.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-checkpoint-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => {
  const folder = join(root, `${folders++}`);
  mkdirSync(folder);
  return folder;
};
const opfs = installFakeOpfs();
const filesOf = (run: string): FakeFolder => opfs.folders.get("crisp-checkpoints")!.folders.get(run)!;

checkpointsContract("a folder", async () => {
  const folder = newFolder();
  return {
    storage: checkpointFolder(folder),
    read: (name) => readFileSync(join(folder, name)),
    put: (name, bytes) => writeFileSync(join(folder, name), bytes),
  };
});
checkpointsContract("memory", async () => {
  const files = new Map<string, Uint8Array>();
  return { storage: memoryStorage(files), read: (name) => files.get(name)!, put: (name, bytes) => void files.set(name, bytes) };
});
checkpointsContract("a browser", async () => {
  const run = `run-${folders++}`;
  const storage = await checkpointsInBrowser(run);
  const { files } = filesOf(run);
  return { storage, read: (name) => files.get(name)!, put: (name, bytes) => void files.set(name, bytes) };
});

describe("a folder on disk", () => {
  const save = (folder: string): Promise<string> =>
    checkpointsOf({ storage: checkpointFolder(folder) }, stateOf(1)).save(at(1), undefined);
  const resume = (folder: string) => checkpointsOf({ storage: checkpointFolder(folder) }, stateOf(1)).resume();

  test("is made where it is missing", async () => {
    const folder = join(newFolder(), "deep", "er");
    assert.equal(await resume(folder), undefined);
    assert.ok(statSync(folder).isDirectory());
  });
  test("a file that cannot be read is an error, not a damaged checkpoint", {
    skip: process.getuid?.() === 0 && "root reads all",
  }, async () => {
    const folder = newFolder();
    chmodSync(await save(folder), 0);
    await assert.rejects(() => resume(folder), { code: "EACCES" });
  });
  test("a file, a link or a folder that has the name of a checkpoint and is none is refused, and stays", async () => {
    const places: readonly ((path: string) => void)[] = [
      (path) => writeFileSync(path, "mine"),
      (path) => symlinkSync(join(root, "nowhere"), path),
      (path) => mkdirSync(path),
    ];
    for (const put of places) {
      const folder = newFolder();
      const path = join(folder, "checkpoint-5.crisp");
      mkdirSync(folder, { recursive: true });
      put(path);
      assert.throws(() => checkpointFolder(folder), {
        code: "file/not-own",
        message: /checkpoint-5\.crisp: expected a checkpoint of Crisp/,
      });
      assert.ok(lstatSync(path));
    }
  });
  test("a folder that another process has taken over gets no more checkpoints of this one", async () => {
    const folder = newFolder();
    const storage = checkpointFolder(folder);
    const lock = lockFolder(folder, { code: "file/busy", what: "training" });
    await checkpointsOf({ storage }, stateOf(1)).save(at(1), undefined);
    const [token] = readdirSync(join(folder, ".crisp.lock"));
    rmSync(join(folder, ".crisp.lock", token));
    writeFileSync(join(folder, ".crisp.lock", "other"), JSON.stringify({ pid: 7, host: "elsewhere" }));
    const saving = checkpointsOf({ storage }, stateOf(2)).save(at(2), undefined);
    await assert.rejects(saving, { code: "file/busy", message: /got process 7 on elsewhere, which took it over/ });
    assert.deepEqual(readdirSync(folder).sort(), [".crisp.lock", "checkpoint-1.crisp"]);
    lock.release();
  });
  test("one that came while the run trained is neither replaced nor removed", async () => {
    const folder = newFolder();
    const storage = checkpointFolder(folder);
    for (const step of [1, 2]) writeFileSync(join(folder, `checkpoint-${step}.crisp`), "mine");
    await assert.rejects(checkpointsOf({ storage }, stateOf(2), { limit: 1 }).save(at(2), undefined), { code: "file/not-own" });
    await checkpointsOf({ storage }, stateOf(3), { limit: 1 }).save(at(3), undefined);
    for (const step of [1, 2]) assert.equal(readFileSync(join(folder, `checkpoint-${step}.crisp`), "utf8"), "mine");
  });
});

describe("a browser's own storage", () => {
  test("an older checkpoint goes only when the newer one is flushed", async () => {
    const storage = await checkpointsInBrowser("order");
    for (const step of [1, 2]) await checkpointsOf({ storage }, stateOf(step), { limit: 1 }).save(at(step), undefined);
    assert.deepEqual(filesOf("order").log, ["flush checkpoint-1.crisp", "flush checkpoint-2.crisp", "remove checkpoint-1.crisp"]);
  });
  test("a used-up quota says so, leaves no torn file, and the checkpoint before stays", async () => {
    const storage = await checkpointsInBrowser("full");
    const checkpoints = checkpointsOf({ storage }, stateOf(1), { limit: 1 });
    await checkpoints.save(at(1), undefined);
    filesOf("full").room = 250;
    await assert.rejects(checkpoints.save(at(2), undefined), {
      code: "file/disk-full",
      message:
        "full/checkpoint-2.crisp in the browser's storage: expected room in the browser's storage, got none left. Delete older runs, or allow this page more storage; the checkpoints before stay.",
    });
    assert.deepEqual(await storage.list(), ["checkpoint-1.crisp"]);
    assert.equal((await checkpoints.resume())?.progress.step, 1);
  });
  test("a page asks how far a run is, and deletes it", async () => {
    assert.equal(await savedCheckpoints("asked"), undefined);
    const storage = await checkpointsInBrowser("asked");
    assert.equal(await savedCheckpoints("asked"), undefined);
    for (const step of [9, 10]) await checkpointsOf({ storage }, stateOf(step)).save(at(step), undefined);
    assert.equal(await savedCheckpoints("asked"), 10);
    await deleteCheckpoints("asked");
    assert.equal(await savedCheckpoints("asked"), undefined);
    await deleteCheckpoints("asked");
  });
  test("names that are no folder names are refused", async () => {
    for (const run of ["", "..", "a/b"]) await assert.rejects(checkpointsInBrowser(run), { code: "file/bad-name" });
  });
});
