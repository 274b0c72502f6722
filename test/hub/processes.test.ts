import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { hubSettings } from "../../src/hub/index-node.ts";
import type { FromChild } from "./download-child.fixture.ts";
import { type HubWorld, hubWorld, MODEL, noise, WEIGHT_BYTES } from "./hub-world.fixture.ts";
import { assertCacheIsRight, incompleteFiles, locksLeft } from "./right-cache.fixture.ts";

const weights = "model.safetensors";
const right = createHash("sha256").update(noise(WEIGHT_BYTES)).digest("hex");
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
/** 20 pieces, some 5 ms apart: time enough to be hit. */
const slow = { kind: "slow", path: weights, bytesPerPiece: 15_000, pauseMs: 5 } as const;

function start({ server, home }: HubWorld): ChildProcess {
  const env = { ...process.env, HF_HOME: home, HF_ENDPOINT: server.url, HF_HUB_CACHE: undefined, HF_TOKEN: undefined };
  return fork(new URL("./download-child.fixture.ts", import.meta.url), ["download"], { env, execArgv: [] });
}

function end(child: ChildProcess): Promise<{ folder?: string; notes?: string[]; signal: string | null; code: number | null }> {
  let done: Extract<FromChild, { type: "done" }> | undefined;
  child.on("message", (message: FromChild) => {
    if (message.type === "done") done = message;
  });
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve({ ...done, code, signal })));
}

test("killed eight times in the middle of a file, a download continues each time and ends right", async (context) => {
  const world = await hubWorld(context, { faults: [slow] });
  let kept = 0;
  for (let life = 1; life <= 8; life++) {
    const child = start(world);
    child.on("message", (message: FromChild) => {
      if (message.type === "bytes" && message.file === weights && message.bytes > kept) child.kill("SIGKILL");
    });
    assert.equal((await end(child)).signal, "SIGKILL");
    assert.ok(!assertCacheIsRight(world.cache).includes(`models--ada--tiny/${weights}`));
    const asked = world.server.requests.findLast(({ origin }) => origin === "cdn")!.headers.range;
    assert.equal(asked, kept === 0 ? undefined : `bytes=${kept}-`);
    const [incomplete] = incompleteFiles(world.cache).filter((name) => name.startsWith(right));
    const now = statSync(join(world.cache, "models--ada--tiny/blobs", incomplete)).size;
    assert.ok(now > kept);
    kept = now;
  }
  const { folder } = await end(start(world));
  assert.equal(hashOf(join(folder!, weights)), right);
  assertCacheIsRight(world.cache);
  // a process killed just behind a small file's rename leaves its lock, which nobody looks at again
  const locks = locksLeft(world.cache).filter((path) => path.includes(right));
  assert.deepEqual([incompleteFiles(world.cache), locks], [[], []]);
});

test("two processes at once both end with the right file, which is downloaded once", async (context) => {
  const world = await hubWorld(context, { faults: [{ ...slow, pauseMs: 80 }] });
  const ends = await Promise.all([start(world), start(world)].map(end));
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0],
  );
  for (const { folder } of ends) assert.equal(hashOf(join(folder!, weights)), right);
  assert.equal(world.server.requests.filter(({ origin }) => origin === "cdn").length, 1);
  const waited = ends.flatMap(({ notes }) => notes!);
  assert.deepEqual(waited, [`waiting for another process, which is downloading ${MODEL}/${weights}`]);
  assertCacheIsRight(world.cache);
  assert.deepEqual([incompleteFiles(world.cache), locksLeft(world.cache)], [[], []]);
});

test("two processes without a working lock both end with the right file", async (context) => {
  // the second process has to start before the first ends, on a busy machine, too
  const world = await hubWorld(context, { faults: [{ ...slow, pauseMs: 200 }] });
  const locks = join(world.cache, ".locks");
  const first = start(world);
  const firstEnd = end(first);
  await new Promise<void>((resolve) => {
    first.on("message", (message: FromChild) => {
      if (message.type === "bytes" && message.file === weights && message.bytes > 0) resolve();
    });
  });
  rmSync(locks, { recursive: true });
  const ends = await Promise.all([firstEnd, end(start(world))]);
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0],
  );
  for (const { folder } of ends) assert.equal(hashOf(join(folder!, weights)), right);
  assert.equal(world.server.requests.filter(({ origin }) => origin === "cdn").length, 2);
  assertCacheIsRight(world.cache);
  assert.deepEqual(incompleteFiles(world.cache), []);
});

test("several downloads in one process at once share one", async (context) => {
  const { model, server } = await hubWorld(context, { faults: [slow] });
  const folders = await Promise.all([model(), model(), model()]);
  assert.equal(new Set(folders).size, 1);
  assert.equal(server.requests.filter(({ origin }) => origin === "cdn").length, 1);
});

for (const [owner, pid, host] of [
  ["a process that is gone", 2 ** 22 + 1, hostname()],
  ["an earlier process of the same number", process.pid, hostname()],
  ["a process of another machine that shows no life while it is waited for", 1, "elsewhere"],
] as const) {
  test(`a lock left by ${owner} is taken over`, async (context) => {
    const { model, cache, notes } = await hubWorld(context);
    const locks = join(cache, ".locks/models--ada--tiny");
    const path = join(locks, `${right}.crisp.lock`, "left");
    mkdirSync(dirname(path), { recursive: true });
    // the first ticks of a machine are no test's
    writeFileSync(path, JSON.stringify({ pid, host, start: "1" }));
    assert.equal(hashOf(join(await model({}, { staleLockMs: 200, sleep: hubSettings({}).sleep }), weights)), right);
    assert.deepEqual([notes, readdirSync(locks)], [[], []]);
  });
}

test("a download whose lock another process has taken over stops, waits, and continues where it was", async (context) => {
  const { model, cache, server, settings, notes } = await hubWorld(context, { faults: [slow] });
  const path = join(cache, ".locks/models--ada--tiny", `${right}.crisp.lock`);
  const other = JSON.stringify({ pid: process.ppid, host: hostname() });
  let taken = false;
  const onProgress = ({ file, bytes }: { file: string; bytes: number }) => {
    if (file !== weights || bytes < 60_000 || taken) return;
    taken = true;
    for (const token of readdirSync(path)) rmSync(join(path, token));
    writeFileSync(join(path, "other"), other);
    setTimeout(() => rmSync(path, { recursive: true }), 700);
  };
  const folder = await model({ onProgress }, { lockBeatMs: 5, sleep: hubSettings({}).sleep });
  assert.equal(hashOf(join(folder, weights)), right);
  assert.deepEqual(notes, [`waiting for another process, which is downloading ${MODEL}/${weights}`]);
  const asked = server.requests.filter(({ origin }) => origin === "cdn").map(({ headers }) => headers.range);
  assert.equal(asked.length, 2);
  assert.match(asked[1]!, /^bytes=[1-9]\d+-$/);
  assert.ok(settings.lockBeatMs < settings.staleLockMs / 2);
});
