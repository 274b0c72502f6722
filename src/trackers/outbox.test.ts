import assert from "node:assert/strict";
import { test } from "node:test";
import { CrispError } from "../errors/index.ts";
import { Outbox, type OutboxSettings } from "./outbox.ts";
import type { Point, RunStatus, Tracker } from "./tracker.ts";

const point = (step: number, metrics: Record<string, number> = { "train/loss": step }): Point => ({ step, time: 0, metrics });
const run = { name: "tickets", options: {}, tags: {} };

/** Takes points, and throws what it is told to. */
class Recorder implements Tracker {
  readonly points: Point[] = [];
  readonly begun: (string | undefined)[] = [];
  readonly ended: RunStatus[] = [];
  logged = new Map<string, number>();
  failure: Error | undefined;

  async begin(_: unknown, kept?: string) {
    this.#fail();
    this.begun.push(kept);
    return { id: "id-1", logged: this.logged };
  }
  async log(points: readonly Point[]) {
    this.#fail();
    this.points.push(...points);
  }
  async finish(status: RunStatus) {
    this.#fail();
    this.ended.push(status);
  }
  #fail(): void {
    if (this.failure) throw this.failure;
  }
}

function opened(settings: Partial<OutboxSettings> = {}) {
  const tracker = new Recorder();
  const notes: string[] = [];
  const ids: string[] = [];
  const own = { name: "mlflow", tracker, run, intervalMs: 1, backOffMs: 1 };
  const outbox = () =>
    new Outbox({ ...own, onNote: (text) => void notes.push(text), onBegun: (id) => void ids.push(id), ...settings });
  return { tracker, notes, ids, outbox };
}
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("points come in their order, and the end behind them", async () => {
  const { tracker, notes, ids, outbox } = opened({ kept: "id-0" });
  const box = outbox();
  box.add(point(1));
  await wait(20);
  for (let step = 2; step <= 2500; step++) box.add(point(step));
  await box.finish("stopped");
  assert.deepEqual(
    tracker.points.map(({ step }) => step),
    Array.from({ length: 2500 }, (_, at) => at + 1),
  );
  assert.deepEqual([tracker.begun, tracker.ended, notes, ids], [["id-0"], ["stopped"], [], ["id-1"]]);
});

test("a tracker that fails for a while misses nothing, and the user is told once", async () => {
  const { tracker, notes, outbox } = opened();
  tracker.failure = new Error("nobody there.");
  const box = outbox();
  for (let step = 1; step <= 3; step++) {
    box.add(point(step));
    await wait(10);
  }
  tracker.failure = undefined;
  await box.finish("finished");
  assert.deepEqual(tracker.points, [point(1), point(2), point(3)]);
  assert.deepEqual(notes, ["mlflow: nobody there. Training goes on, and it is told later."]);
});

test("a tracker that never answers keeps the newest points up to a bound, and the end says what is missing", async () => {
  const { tracker, notes, outbox } = opened({ mostPoints: 10 });
  tracker.failure = new Error("nobody there.");
  const box = outbox();
  for (let step = 1; step <= 25; step++) box.add(point(step));
  await box.finish("finished");
  assert.deepEqual(notes.slice(1), [
    "mlflow: 10 points of the run and its end did not get there",
    "mlflow: 15 points of the run did not get there",
  ]);
  assert.deepEqual([tracker.points, tracker.ended], [[], []]);
});

test("what is refused is not tried again, and what comes after it arrives", async () => {
  const { tracker, notes, outbox } = opened();
  const box = outbox();
  await wait(20);
  tracker.failure = new CrispError("tracker/refused", "bad name.");
  box.add(point(1));
  await wait(20);
  tracker.failure = undefined;
  box.add(point(2));
  await box.finish("finished");
  assert.deepEqual(tracker.points, [point(2)]);
  assert.deepEqual(notes, ["mlflow: bad name. Training goes on.", "mlflow: 1 point of the run did not get there"]);
});

test("a run that continues logs no step twice, by metric, and brings what was missed before it stopped", async () => {
  const earlier = [point(1), point(2), point(2, { "eval/loss": 5 }), point(3), point(3)];
  const { tracker, outbox } = opened({ kept: "id-1", earlier: Promise.resolve(earlier) });
  tracker.logged = new Map([["train/loss", 2]]);
  const box = outbox();
  for (const step of [3, 4]) box.add(point(step));
  await box.finish("finished");
  assert.deepEqual(tracker.points, [point(2, { "eval/loss": 5 }), point(3), point(4)]);
});
