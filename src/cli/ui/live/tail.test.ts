import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { logLine } from "../../../runs/index.ts";
import { addEvents, started, step } from "../made-up.fixture.ts";
import { lastEvents, type Tailed, tail } from "./tail.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-tail-"));
after(() => rmSync(work, { recursive: true, force: true }));

/** Follows a log; `next` is what has come since. */
function following(path: string) {
  const stop = new AbortController();
  const read: number[] = [];
  const tailed = tail(path, { signal: stop.signal, everyMs: 5, onRead: (bytes) => read.push(bytes) });
  const told = ({ events, anew }: Tailed): string => [...(anew ? ["anew"] : []), ...events.map(nameOf)].join(" ");
  const nameOf = (event: Tailed["events"][number]): string => (event.type === "step" ? String(event.step) : event.type);
  return {
    read,
    stop: () => stop.abort(),
    next: async () => told((await tailed.next()).value as Tailed),
    end: () => tailed.next(),
  };
}

test("what is there comes first, then what is added, and only what is new is read", async () => {
  const path = join(work, "grows.jsonl");
  addEvents(path, started, step(1));
  const log = following(path);
  assert.deepEqual([await log.next(), await log.next()], ["", "started 1"]);
  const before = statSync(path).size;
  addEvents(path, step(2), step(3));
  assert.equal(await log.next(), "2 3");
  assert.deepEqual(log.read, [before, statSync(path).size - before]);
  log.stop();
  assert.equal((await log.end()).done, true);
});

test("a log that is not there yet is waited for", async () => {
  const path = join(work, "later.jsonl");
  const log = following(path);
  assert.equal(await log.next(), "");
  addEvents(path, started);
  assert.equal(await log.next(), "started");
  log.stop();
});

test("a line counts once it has ended; a torn one that is cut off is never told, even if as many bytes follow", async () => {
  const path = join(work, "torn.jsonl");
  addEvents(path, started);
  const log = following(path);
  await log.next();
  assert.equal(await log.next(), "started");
  const whole = statSync(path).size;
  appendFileSync(path, logLine(step(1)).slice(0, 40));
  await new Promise((resolve) => setTimeout(resolve, 30));
  truncateSync(path, whole);
  addEvents(path, step(2), step(3));
  assert.equal(await log.next(), "2 3");
  log.stop();
});

test("a log that was begun anew is told as such", async () => {
  const path = join(work, "anew.jsonl");
  addEvents(path, started, step(1), step(2));
  const log = following(path);
  await log.next();
  await log.next();
  writeFileSync(path, logLine(step(9)));
  assert.deepEqual([await log.next(), await log.next()], ["anew", "9"]);
  log.stop();
});

test("a burst of 50 events comes in a few pieces, whole and in order", async () => {
  const path = join(work, "burst.jsonl");
  addEvents(path, started);
  const stop = new AbortController();
  const pieces: number[][] = [];
  const reading = (async () => {
    for await (const { events } of tail(path, { signal: stop.signal, everyMs: 200 })) {
      pieces.push(events.flatMap((event) => (event.type === "step" ? [event.step] : [])));
      if (pieces.flat().at(-1) === 50) stop.abort();
    }
  })();
  for (let at = 1; at <= 50; at++) {
    addEvents(path, step(at));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await reading;
  assert.deepEqual(
    pieces.flat(),
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
  assert.ok(pieces.length <= 25, `${pieces.length} pieces`);
});

test("the last events of a long log are read without the rest", async () => {
  const path = join(work, "long.jsonl");
  addEvents(path, ...Array.from({ length: 2000 }, (_, at) => step(at + 1)));
  assert.ok(readFileSync(path).length > 2 * 64 * 1024);
  const events = await lastEvents(path);
  assert.ok(events.length > 10 && events.length < 1000);
  assert.equal(events.at(-1)?.type === "step" && (events.at(-1) as { step: number }).step, 2000);
  assert.deepEqual(await lastEvents(join(work, "missing.jsonl")), []);
});
