import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEvent, LoggedEvent } from "../../../runs/index.ts";
import { evaluated, started, step } from "../made-up.fixture.ts";
import { growingRun } from "./run-state.ts";

/** A second between two events. */
const timed = (events: readonly LogEvent[]): LoggedEvent[] =>
  events.map((event, at) => ({ time: new Date(1000 * at).toISOString(), ...event }));
const stateOf = (events: readonly LogEvent[], alive: boolean) => {
  const run = growingRun();
  run.add(timed(events));
  return run.state(alive);
};

test("progress, pace and the last figures of a run that goes on", () => {
  const state = stateOf([started, step(1), step(2), step(3), evaluated(3, 0.75), step(4)], true);
  const { word, step: at, steps, tokensPerSecond, secondsLeft, figures } = state;
  assert.deepEqual([word, at, steps, tokensPerSecond], ["running", 4, 100, 100]);
  assert.deepEqual(figures, { accuracy: 0.75, loss: 1 });
  // four updates in 4 seconds, one of them with an evaluation
  assert.equal(secondsLeft, (4 / 3) * 96);
});

test("without an end in its log a run goes on as long as its process lives, and was interrupted otherwise", () => {
  assert.equal(stateOf([started, step(1)], false).word, "interrupted");
  assert.equal(stateOf([], true).word, "waiting");
  assert.equal(stateOf([started, step(1), { type: "stopped" }], true).word, "stopped");
  assert.equal(stateOf([started, { type: "failed", message: "no room" }], false).message, "no room");
  assert.equal(stateOf([started, step(1), { type: "finished", seconds: 3 }], false).seconds, 3);
  assert.equal(stateOf([started, step(1), { type: "stopped" }, { ...started, resumedAt: 1 } as LogEvent], true).word, "running");
});

test("of a run that continued, pace and course are those of its last start", () => {
  const state = stateOf([started, step(1), step(2), step(3), { ...started, resumedAt: 1 } as LogEvent, step(2, 7)], true);
  assert.deepEqual(
    state.course.steps.map((point) => [point.step, point.loss]),
    [
      [1, 1],
      [2, 7],
    ],
  );
  assert.equal(state.secondsLeft, undefined);
});
