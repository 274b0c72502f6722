import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { HubProgress } from "../../src/hub/index-node.ts";
import type { HubServer } from "./hub-server.fixture.ts";
import { hubWorld, MODEL, modelFiles, noise, WEIGHT_BYTES } from "./hub-world.fixture.ts";
import { assertCacheIsRight, incompleteFiles, locksLeft } from "./right-cache.fixture.ts";

const weights = "model.safetensors";
const right = createHash("sha256").update(noise(WEIGHT_BYTES)).digest("hex");
const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
/** `Range` of each request for the weights at the second origin, in order. */
const ranges = ({ requests }: HubServer) => requests.filter(({ origin }) => origin === "cdn").map(({ headers }) => headers.range);
const refs = (cache: string) => join(cache, `models--${MODEL.replace("/", "--")}`, "refs");

test("a download brings what Crisp reads of a model, in the layout of Python's cache, and nothing else", async (context) => {
  const { model, cache } = await hubWorld(context);
  const folder = await model();
  assert.deepEqual(readdirSync(folder).sort(), ["config.json", weights, "tokenizer.json", "vocab.txt"]);
  assert.equal(hashOf(join(folder, weights)), right);
  const repo = join(cache, "models--ada--tiny");
  assert.equal(folder, join(repo, "snapshots", readFileSync(join(repo, "refs/main"), "utf8")));
  assert.ok(readdirSync(join(repo, "blobs")).includes(right));
  assert.deepEqual([incompleteFiles(cache), locksLeft(cache)], [[], []]);
});

test("bytes are asked for uncompressed: a compressed body has neither the size nor the positions of the file", async (context) => {
  const { model, server } = await hubWorld(context);
  await model();
  assert.deepEqual([...new Set(server.downloads().map(({ headers }) => headers["accept-encoding"]))], ["identity"]);
});

for (let tenth = 1; tenth <= 9; tenth++) {
  test(`cut at ${tenth}0 %, a download continues there, and has the right hash`, async (context) => {
    const afterBytes = (WEIGHT_BYTES * tenth) / 10;
    const { model, server, waits } = await hubWorld(context, { faults: [{ kind: "cut", path: weights, afterBytes, times: 1 }] });
    assert.equal(hashOf(join(await model(), weights)), right);
    assert.deepEqual(ranges(server), [undefined, `bytes=${afterBytes}-`]);
    assert.deepEqual(waits, [1000]);
  });
}

test("cut at every tenth of one download, it still continues each time", async (context) => {
  const { model, server } = await hubWorld(context, {
    faults: [{ kind: "cut", path: weights, afterBytes: WEIGHT_BYTES / 10, times: 9 }],
  });
  assert.equal(hashOf(join(await model(), weights)), right);
  const expected = Array.from({ length: 10 }, (_, at) => (at === 0 ? undefined : `bytes=${(at * WEIGHT_BYTES) / 10}-`));
  assert.deepEqual(ranges(server), expected);
});

test("after a run that gave up, the next one asks only for what is missing", async (context) => {
  const { model, server, cache } = await hubWorld(context, {
    faults: [{ kind: "cut", path: weights, afterBytes: 200_000, times: 1 }],
  });
  server.faults.push({ kind: "cut", path: weights, afterBytes: 0 });
  await assert.rejects(model(), { code: "hub/unreachable" });
  assert.equal(incompleteFiles(cache, right).length, 1);
  assert.ok(!existsSync(refs(cache)), "main stays where it was until everything is there");
  server.faults.length = 0;
  server.requests.length = 0;
  assert.equal(hashOf(join(await model(), weights)), right);
  assert.deepEqual(ranges(server), ["bytes=200000-"]);
  assert.deepEqual(incompleteFiles(cache, right), []);
});

test("a server that knows no ranges is read from the start", async (context) => {
  const { model, server } = await hubWorld(context, {
    faults: [
      { kind: "cut", path: weights, afterBytes: 100_000, times: 1 },
      { kind: "noRanges", path: weights },
    ],
  });
  assert.equal(hashOf(join(await model(), weights)), right);
  assert.deepEqual(ranges(server), [undefined, "bytes=100000-", undefined]);
});

test("a connection that falls silent is broken off and continued", async (context) => {
  const { model, server } = await hubWorld(context, { faults: [{ kind: "stall", path: weights, afterBytes: 50_000, times: 1 }] });
  assert.equal(hashOf(join(await model({}, { silenceTimeoutMs: 100 }), weights)), right);
  assert.deepEqual(ranges(server), [undefined, "bytes=50000-"]);
});

test("a slow connection is none that is silent", async (context) => {
  const slow = { kind: "slow", path: weights, bytesPerPiece: 15_000, pauseMs: 30 } as const;
  const { model, server } = await hubWorld(context, { faults: [slow] });
  // 20 pieces take 600 ms
  assert.equal(hashOf(join(await model({}, { silenceTimeoutMs: 300 }), weights)), right);
  assert.deepEqual(ranges(server), [undefined]);
});

test("429 waits as long as Retry-After says, in seconds or until a date", async (context) => {
  const soon = new Date(Date.now() + 90_000).toUTCString();
  const { model, waits } = await hubWorld(context, {
    faults: [
      { kind: "status", path: "/api/models", status: 429, retryAfter: "17", times: 1 },
      { kind: "status", path: weights, status: 429, retryAfter: soon, times: 1 },
    ],
  });
  await model();
  assert.equal(waits[0], 17_000);
  assert.ok(Math.abs(waits[1] - 90_000) < 3000, `waited ${waits[1]} ms`);
});

test("a wait of more than five minutes is an error that says how long", async (context) => {
  const { model, waits } = await hubWorld(context, {
    faults: [{ kind: "status", path: weights, status: 429, retryAfter: "3600" }],
  });
  await assert.rejects(model(), { code: "hub/rate-limited", message: /got 429: wait 3600 s\. Try again after that/ });
  assert.deepEqual(waits, []);
});

test("503 and then an answer is no error", async (context) => {
  const { model, waits } = await hubWorld(context, { faults: [{ kind: "status", path: weights, status: 503, times: 2 }] });
  assert.equal(hashOf(join(await model(), weights)), right);
  assert.deepEqual(waits, [1000, 2000]);
});

test("503 for ever is one error after waits that double up to 8 s", async (context) => {
  const { model, waits } = await hubWorld(context, { faults: [{ kind: "status", path: "/api/models", status: 503 }] });
  await assert.rejects(model(), { code: "hub/server-error", message: /ada\/tiny: expected an answer, got 503.*try again later/ });
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 8000]);
});

test("wrong bytes never get the name of the file; the error names it and both hashes", async (context) => {
  const { model, cache } = await hubWorld(context, { faults: [{ kind: "corrupt", path: weights }] });
  const wrong = Buffer.from(noise(WEIGHT_BYTES));
  wrong[WEIGHT_BYTES / 2] ^= 1;
  const found = createHash("sha256").update(wrong).digest("hex");
  await assert.rejects(model(), {
    code: "hub/wrong-hash",
    message: new RegExp(`^ada/tiny/model\\.safetensors: expected bytes of SHA-256 ${right}, got ${found}\\.`),
  });
  assert.ok(!assertCacheIsRight(cache).includes(`models--ada--tiny/${weights}`));
  assert.deepEqual(incompleteFiles(cache, right), []);
});

test("wrong bytes of a file in Git are found by its SHA-1", async (context) => {
  const { model, cache } = await hubWorld(context, { faults: [{ kind: "corrupt", path: "tokenizer.json" }] });
  await assert.rejects(model(), {
    code: "hub/wrong-hash",
    message: /^ada\/tiny\/tokenizer\.json: expected bytes of Git SHA-1 [0-9a-f]{40}, got/,
  });
  assert.ok(!assertCacheIsRight(cache).includes("models--ada--tiny/tokenizer.json"));
});

test("what a broken run left damaged is downloaded anew, once, with a note", async (context) => {
  const { model, cache, server, notes } = await hubWorld(context, {
    faults: [{ kind: "cut", path: weights, afterBytes: 100_000, times: 1 }],
  });
  server.faults.push({ kind: "cut", path: weights, afterBytes: 0 });
  await assert.rejects(model(), { code: "hub/unreachable" });
  server.faults.length = 0;
  const [left] = incompleteFiles(cache, right);
  writeFileSync(join(cache, "models--ada--tiny/blobs", left), Buffer.alloc(123_456));
  server.requests.length = 0;
  assert.equal(hashOf(join(await model(), weights)), right);
  assert.deepEqual(ranges(server), ["bytes=123456-", undefined]);
  assert.deepEqual(notes, ["ada/tiny/model.safetensors: what an earlier run had left was damaged; downloading all of it again"]);
});

test("a blob of the wrong size, as a power cut may leave it, is replaced", async (context) => {
  const { model, cache } = await hubWorld(context);
  const folder = await model();
  writeFileSync(join(cache, "models--ada--tiny/blobs", right), noise(1000));
  assert.equal(await model(), folder);
  assert.equal(hashOf(join(folder, weights)), right);
});

test("progress counts the bytes of each file up to its size, and of all files", async (context) => {
  const { model } = await hubWorld(context, { faults: [{ kind: "cut", path: weights, afterBytes: 90_000, times: 1 }] });
  const seen: HubProgress[] = [];
  await model({ onProgress: (progress) => seen.push(progress) });
  const files = Object.entries(modelFiles()).filter(([path]) => !/README|onnx/.test(path));
  for (const [path, content] of files) {
    const bytes = seen.filter(({ file }) => file === path).map(({ bytes }) => bytes);
    assert.deepEqual(
      bytes,
      [...bytes].sort((a, b) => a - b),
      `${path} never goes back`,
    );
    assert.equal(bytes.at(-1), Buffer.from(content).length);
  }
  const total = files.reduce((sum, [, content]) => sum + Buffer.from(content).length, 0);
  assert.deepEqual(
    { ...seen.at(-1), file: "", bytes: 0, totalBytes: 0 },
    { file: "", bytes: 0, totalBytes: 0, allBytes: total, allTotalBytes: total },
  );
});

test("an abort ends the download with its reason, keeps what came, and leaves no lock", async (context) => {
  const { model, cache, server } = await hubWorld(context, {
    faults: [{ kind: "stall", path: weights, afterBytes: 50_000, times: 1 }],
  });
  const stop = new AbortController();
  const reason = new Error("enough");
  const onProgress = ({ file, bytes }: HubProgress) => {
    if (file === weights && bytes === 50_000) stop.abort(reason);
  };
  await assert.rejects(model({ signal: stop.signal, onProgress }), reason);
  assert.deepEqual([incompleteFiles(cache, right).length, locksLeft(cache)], [1, []]);
  await model();
  assert.equal(ranges(server).at(-1), "bytes=50000-");
});

test("a new commit brings only what changed", async (context) => {
  const { model, server } = await hubWorld(context);
  const before = await model();
  server.repos.get("models/ada/tiny")!.commit({ "config.json": '{"model_type":"bert","hidden_size":8}\n' });
  server.requests.length = 0;
  const after = await model();
  assert.notEqual(after, before);
  assert.deepEqual(
    server.downloads().map(({ url }) => url.split("/").at(-1)),
    ["config.json"],
  );
  assert.equal(hashOf(join(after, weights)), right);
});
