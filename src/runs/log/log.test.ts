import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nodeEnvironment } from "../environment/environment-node.ts";
import { executeRun } from "../execute.ts";
import { tinyRun } from "../tiny-run.fixture.ts";
import { fromFirstStep, type LogEvent, type LoggedEvent, logged, logWriter, type RunLog } from "./log.ts";
import { logFile } from "./log-file-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-log-"));
after(() => rmSync(work, { recursive: true, force: true }));

const note = (text: string): LogEvent => ({ type: "note", text });
async function eventsOf(log: RunLog): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for await (const event of log.read()) events.push(event);
  return events;
}
const texts = async (log: RunLog): Promise<unknown[]> =>
  (await eventsOf(log)).map((event) => (event.type === "note" ? event.text : event.type));

test("a log that cannot be opened says so as a file that cannot be written", () => {
  const path = join(work, "closed.jsonl");
  const log = logFile(path);
  mkdirSync(path);
  assert.throws(() => log.append(note("first")), { code: "file/not-writable", message: /a folder where a file should be/ });
});

test("a log that nobody wrote is empty, and events come back in their order, each with its time", async () => {
  const log = logFile(join(work, "order.jsonl"));
  assert.deepEqual(await texts(log), []);
  const before = new Date().toISOString();
  for (const text of ["first", "second"]) log.append(note(text));
  assert.deepEqual(await texts(log), ["first", "second"]);
  for await (const { time } of log.read()) assert.ok(time >= before && time <= new Date().toISOString());
});

test("a file that is no log is refused before a word is added to it, a link too; an empty one is as good as none", () => {
  const [notes, link, empty] = ["notes.txt", "link.jsonl", "empty.jsonl"].map((name) => join(work, name));
  writeFileSync(notes, "my notes, without an end of line");
  logFile(join(work, "target.jsonl")).append(note("whole"));
  symlinkSync(join(work, "target.jsonl"), link);
  for (const path of [notes, link]) assert.throws(() => logFile(path), { code: "file/not-own" });
  assert.equal(readFileSync(notes, "utf8"), "my notes, without an end of line");
  writeFileSync(empty, "");
  logFile(empty).append(note("first"));
  assert.equal(readFileSync(empty, "utf8").split("\n").length, 2);
});

test("a torn last line is not read, and a run that continues writes behind the last whole one", async () => {
  const path = join(work, "torn.jsonl");
  logFile(path).append(note("whole"));
  const whole = readFileSync(path, "utf8");
  appendFileSync(path, whole.slice(0, 30));
  assert.deepEqual(await texts(logFile(path)), ["whole"]);
  logFile(path).append(note("later"));
  assert.deepEqual(await texts(logFile(path)), ["whole", "later"]);
  assert.ok(readFileSync(path, "utf8").startsWith(whole));
});

test("a whole line that is no event is named", async () => {
  const path = join(work, "bad.jsonl");
  logFile(path).append(note("whole"));
  appendFileSync(path, "{\n");
  await assert.rejects(texts(logFile(path)), { code: "run/bad-log", message: /bad\.jsonl, line 2: expected an event in JSON/ });
});

test("events wait for a slow log in their order, in one piece; the first failure is told at the end, and nothing is written behind it", async () => {
  const kept: string[][] = [];
  const log: RunLog = {
    async append(...events) {
      const texts = events.map((event) => (event as { text: string }).text);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (texts.includes("broken")) throw new Error("no room");
      kept.push(texts);
    },
    read: () => ({}) as AsyncIterable<LoggedEvent>,
  };
  const begun = () => new Promise((resolve) => setImmediate(resolve));
  const writer = logWriter(log);
  writer.append(note("slow"));
  await begun();
  for (const text of ["quick", "next"]) writer.append(note(text));
  await new Promise((resolve) => setTimeout(resolve, 50));
  writer.append(note("broken"));
  await begun();
  writer.append(note("behind"));
  await assert.rejects(writer.done(), { message: "no room" });
  assert.deepEqual(kept, [["slow"], ["quick", "next"]]);
});

test("a step's event says its learning rate, gradient norm and tokens a second", async () => {
  const path = join(work, "run.jsonl");
  writeFileSync(path, "");
  const writer = logWriter(logFile(path));
  await executeRun(tinyRun({ options: { warmupSteps: 2 } }), nodeEnvironment, { onEvent: writer.append });
  await writer.done();
  const events = await eventsOf(logFile(path));
  const steps = events.flatMap((event) => (event.type === "step" ? [event] : []));
  assert.deepEqual(
    steps.map(({ step }) => step),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(steps[2].learningRate, 2e-3);
  assert.ok(steps[1].learningRate < 2e-3 && steps[5].learningRate < 2e-3);
  for (const { gradientNorm, tokensPerSecond } of steps) {
    assert.ok(gradientNorm > 0);
    assert.ok(tokensPerSecond > 100 && Number.isFinite(tokensPerSecond));
  }
});

const step = {
  type: "step",
  step: 1,
  steps: 2,
  epoch: 0.5,
  loss: 1,
  learningRate: 1,
  gradientNorm: 1,
  tokensPerSecond: 1,
} as const;

test("a run's end is in its log: stopped, or failed with what it threw", async () => {
  const stopped = logFile(join(work, "stopped.jsonl"));
  assert.equal(
    await logged(stopped, async (append) => {
      append(step);
      return null;
    }),
    null,
  );
  assert.deepEqual(await texts(stopped), ["step", "stopped"]);
  const failed = logFile(join(work, "failed.jsonl"));
  await assert.rejects(
    logged(failed, () => Promise.reject(new Error("loss is NaN"))),
    { message: "loss is NaN" },
  );
  const [end] = await eventsOf(failed);
  assert.equal(end.type === "failed" && end.message, "loss is NaN");
});

test("from the first update on: what came before it is written with it, and without one there is no file", async () => {
  const path = join(work, "new folder", "late.jsonl");
  const log = fromFirstStep(logFile(path));
  await log.append(note("before"));
  assert.ok(!existsSync(path));
  await log.append(step);
  await log.append(note("after"));
  assert.deepEqual(await texts(log), ["before", "step", "after"]);
});
