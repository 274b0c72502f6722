import assert from "node:assert/strict";
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { FromChild } from "./folder-lock-child.fixture.ts";
import { FOLDER_LOCK, holdsLock, lockFolder } from "./folder-lock-node.ts";
import { takeLock } from "./lock-node.ts";
import { processTag, thisProcess } from "./process-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-lock-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const lock = (folder: string) => lockFolder(folder, { code: "file/busy", what: "training" });

const entry = new URL("./folder-lock-child.fixture.ts", import.meta.url);
const start = (what: string, path: string, times = 1): ChildProcess => fork(entry, [what, path, `${times}`], { execArgv: [] });
const next = async (child: ChildProcess): Promise<FromChild> => (await once(child, "message"))[0] as FromChild;

/** All that a child says until it kills itself. */
async function said(child: ChildProcess): Promise<FromChild[]> {
  const messages: FromChild[] = [];
  child.on("message", (message: FromChild) => messages.push(message));
  assert.deepEqual(await once(child, "close"), [null, "SIGKILL"]);
  return messages;
}

/** A lock as another process would have left it; returns its one file. */
function left(folder: string, owner: Record<string, unknown>, ageMs = 0): string {
  const file = join(folder, FOLDER_LOCK, "left");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(owner));
  const touched = new Date(Date.now() - ageMs);
  utimesSync(file, touched, touched);
  return file;
}

test("of processes that take and release a lock again and again, and die with it, never two hold it", {
  timeout: 120_000,
}, async () => {
  const path = join(newFolder(), "race");
  const lives = async (): Promise<FromChild[]> => {
    const all: FromChild[] = [];
    for (let life = 0; life < 6; life++) all.push(...(await said(start("race", path, 8))));
    return all;
  };
  mkdirSync(dirname(path));
  const all = (await Promise.all([lives(), lives(), lives(), lives()])).flat();
  assert.deepEqual([all.length, new Set(all)], [4 * 6 * 8, new Set(["alone"])]);
});

test("of processes that find the lock of a dead one at the same moment, exactly one gets the folder", async () => {
  const folder = newFolder();
  left(folder, { pid: 2 ** 22 + 1, host: hostname() });
  const children = Array.from({ length: 4 }, () => start("keep", folder));
  await Promise.all(children.map(next));
  const answers = children.map(next);
  for (const child of children) child.send("go");
  assert.deepEqual((await Promise.all(answers)).sort(), ["alone", "busy", "busy", "busy"]);
  for (const child of children) if (child.connected) child.send("end", () => {});
});

test("a busy folder is refused at once, naming the owner; one whose owner was killed is not", async () => {
  const folder = newFolder();
  const child = start("keep", folder);
  await next(child);
  child.send("go");
  assert.equal(await next(child), "alone");
  const owner = `process ${child.pid} on ${hostname()}`;
  assert.throws(() => lock(folder), {
    code: "file/busy",
    message: `${folder}: expected no other training in this folder, got ${owner}. Wait for it, or choose another folder. If it is gone, remove ${join(folder, FOLDER_LOCK)}.`,
  });
  child.kill("SIGKILL");
  await once(child, "close");
  assert.ok(existsSync(join(folder, FOLDER_LOCK)));
  lock(folder).release();
  assert.ok(!existsSync(join(folder, FOLDER_LOCK)));
});

test("a process that ends gives its locks back", async () => {
  const folder = newFolder();
  const child = start("keep", folder);
  await next(child);
  child.send("go");
  await next(child);
  child.send("end");
  await once(child, "close");
  assert.ok(existsSync(`${folder}.holder`) && !existsSync(folder), "the lock, and the folder that was made for it");
});

/** As `lockFolder`, but what takes minutes takes a moment; and how long it took. */
function quickLock(folder: string, watchMs = 60) {
  const settings = { lockBeatMs: 5, staleLockMs: 300_000, watchMs };
  const start = performance.now();
  const held = lockFolder(folder, { code: "file/busy", what: "training", settings });
  return { held, ms: performance.now() - start };
}
const elsewhere = { pid: process.pid, host: "elsewhere" };

test("an owner on another machine that was silent for minutes is watched, and loses its lock if it stays silent", () => {
  const [fresh, old] = [newFolder(), newFolder()];
  left(fresh, elsewhere, 240_000);
  assert.throws(() => lock(fresh), { code: "file/busy", message: /got process \d+ on elsewhere\./ });
  left(old, elsewhere, 360_000);
  const { held, ms } = quickLock(old);
  assert.ok(ms >= 60);
  held.release();
  assert.deepEqual(readdirSync(old), []);
});

test("no clock that jumps ends the lock of another machine's owner that beats: not hours ahead, not hours behind", async () => {
  for (const jumpMs of [7_200_000, -7_200_000]) {
    const folder = newFolder();
    const file = left(folder, elsewhere);
    // its beats are stamped by a clock that is hours off, so that it looks silent for long, or as if it came from the future
    const beats = new Worker(
      `const { appendFileSync, utimesSync } = require("node:fs"); const { file, jumpMs } = require("node:worker_threads").workerData;
       require("node:worker_threads").parentPort.postMessage("beats");
       setInterval(() => { appendFileSync(file, " "); const at = new Date(Date.now() - jumpMs); utimesSync(file, at, at); }, 3);`,
      { eval: true, workerData: { file, jumpMs } },
    );
    await once(beats, "message");
    utimesSync(file, new Date(Date.now() - jumpMs), new Date(Date.now() - jumpMs));
    assert.throws(() => quickLock(folder, 1000), { code: "file/busy" });
    await beats.terminate();
    quickLock(folder).held.release();
  }
});

test("whoever waits takes the lock of another machine's owner once no beat came for long enough, whatever the clocks say", async () => {
  const path = join(newFolder(), "x.lock");
  const file = left(dirname(path), elsewhere, -3_600_000);
  renameSync(dirname(file), path);
  const settings = { lockBeatMs: 5, staleLockMs: 200, sleep: (ms: number) => sleep(Math.min(ms, 10)) };
  const beating = setInterval(() => appendFileSync(join(path, "left"), " "), 20);
  let taken = false;
  const waiting = takeLock(path, { settings, isDone: () => false }).then((held) => {
    taken = true;
    return held!;
  });
  await sleep(600);
  assert.equal(taken, false);
  clearInterval(beating);
  (await waiting).release();
});

test("a lock of this machine from before it was last started is watched, not waited for; of another container it is not touched", {
  skip: process.platform !== "linux" && "needs /proc",
}, () => {
  const [rebooted, contained] = [newFolder(), newFolder()];
  const own = { ...thisProcess(), start: "1" };
  left(rebooted, { ...own, boot: "an earlier one" });
  quickLock(rebooted).held.release();
  left(contained, { ...own, container: "pid:[1]" });
  assert.throws(() => quickLock(contained), { code: "file/busy" });
});

test("an owner on this machine that lives counts however long it is silent; an earlier process of its number does not", {
  skip: process.platform !== "linux" && "needs /proc",
}, () => {
  const [silent, earlier] = [newFolder(), newFolder()];
  const held = lock(silent);
  const [token] = readdirSync(join(silent, FOLDER_LOCK));
  utimesSync(join(silent, FOLDER_LOCK, token), 0, 0);
  assert.throws(() => lock(silent), { code: "file/busy" });
  held.release();
  left(earlier, { ...thisProcess(), start: "1" });
  lock(earlier).release();
  assert.deepEqual(readdirSync(earlier), []);
});

test("its owner's beats are counted; it learns that it was taken over, and then leaves the lock alone", async () => {
  const path = join(newFolder(), "x.lock");
  const held = (await takeLock(path, {
    settings: { lockBeatMs: 5, staleLockMs: 1000, sleep: async () => {} },
    isDone: () => false,
  }))!;
  const file = join(path, readdirSync(path)[0]);
  const { size } = statSync(file);
  await sleep(100);
  assert.ok(statSync(file).size > size + 2);
  assert.equal((JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid, process.pid);
  assert.equal(held.lost, false);
  renameSync(file, join(path, "other"));
  await sleep(100);
  assert.equal(held.lost, true);
  held.release();
  assert.deepEqual(readdirSync(path), ["other"]);
});

test("one damaged by a power cut expires as that of another machine", () => {
  for (const damaged of ["", "null", "{"]) {
    const folder = newFolder();
    const file = left(folder, {});
    writeFileSync(file, damaged);
    assert.throws(() => lock(folder), { code: "file/busy", message: /an unknown machine/ });
    utimesSync(file, 0, 0);
    quickLock(folder).held.release();
  }
});

test("holdsLock knows the folder by any path, and no other folder", () => {
  const [folder, other] = [newFolder(), newFolder()];
  mkdirSync(folder);
  symlinkSync(folder, other);
  const held = lock(folder);
  assert.deepEqual([folder, other, root].map(holdsLock), [true, true, false]);
  held.release();
  assert.equal(holdsLock(folder), false);
});

test("what killed processes left of locks that they were about to take is swept; what may be a live one's stays", () => {
  const folder = newFolder();
  const token = "0011223344556677";
  const [, , place] = processTag().split(".");
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const names = [`${dead}.1.${place}`, `${dead}.2.${place}`, processTag(), `${dead}.1.00000000`].map(
    (tag) => `${FOLDER_LOCK}.${tag}-${token}`,
  );
  for (const name of names) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, names[0], token), "{}");
  lock(folder).release();
  assert.deepEqual(readdirSync(folder).sort(), names.slice(2).sort());
});

test("somebody's file where the lock should be is named, and stays", () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, FOLDER_LOCK), "notes");
  assert.throws(() => lock(folder), {
    code: "file/not-own",
    message: /\.crisp\.lock: expected nothing, or a lock of Crisp, which is a folder, got a file\. Move it away\.$/,
  });
  assert.equal(readFileSync(join(folder, FOLDER_LOCK), "utf8"), "notes");
});

test("a folder that was there, or has got files, stays on release", () => {
  const [there, filled] = [newFolder(), newFolder()];
  mkdirSync(there);
  lock(there).release();
  const held = lock(filled);
  writeFileSync(join(filled, "config.json"), "{}");
  held.release();
  assert.deepEqual([readdirSync(there), readdirSync(filled)], [[], ["config.json"]]);
});

test("a lock that cannot be removed hides no other error: its release says nothing", () => {
  const folder = newFolder();
  const held = lock(folder);
  const [token] = readdirSync(join(folder, FOLDER_LOCK));
  rmSync(join(folder, FOLDER_LOCK, token));
  // what no unlink removes, like a file on a disk that has become read-only
  mkdirSync(join(folder, FOLDER_LOCK, token));
  held.release();
  assert.ok(existsSync(join(folder, FOLDER_LOCK, token)));
});
