import assert from "node:assert/strict";
import { test } from "node:test";
import { runCourse } from "./course.ts";
import type { LogEvent } from "./log.ts";

const started = (resumedAt: number): LogEvent => ({ type: "started", steps: 9, parameters: 1, resumedAt });
const step = (at: number, loss: number): LogEvent => ({
  ...{ type: "step", step: at, steps: 9, epoch: at / 3, loss },
  ...{ learningRate: 1e-4, gradientNorm: 2, tokensPerSecond: 100 },
});
const evaluated = (at: number, evalLoss: number): LogEvent => ({ type: "evaluated", point: { step: at, epoch: 1, evalLoss } });
const course = async (...events: LogEvent[]): Promise<[[number, number][], [number, number?][]]> => {
  const { steps, evaluations } = await runCourse(events);
  return [
    steps.map((point): [number, number] => [point.step, point.loss]),
    evaluations.map((point): [number, number?] => [point.step, point.evalLoss]),
  ];
};

test("updates and evaluations in their order; what else happened does not matter", async () => {
  const events = [started(0), step(1, 0.9), step(2, 0.8), evaluated(2, 0.7), { type: "finished", seconds: 1 } as const];
  assert.deepEqual(await course(...events), [
    [
      [1, 0.9],
      [2, 0.8],
    ],
    [[2, 0.7]],
  ]);
});

test("a run that continued did the updates behind its checkpoint again: the later ones count", async () => {
  const killed = [started(0), step(1, 0.9), step(2, 0.8), evaluated(2, 0.7), step(3, 5)];
  assert.deepEqual(await course(...killed, started(1), step(2, 0.81), evaluated(2, 0.71)), [
    [
      [1, 0.9],
      [2, 0.81],
    ],
    [[2, 0.71]],
  ]);
});

test("a run from the beginning takes everything back, and an empty log has no course", async () => {
  assert.deepEqual(await course(started(0), step(1, 9), step(2, 9), started(0), step(1, 1)), [[[1, 1]], []]);
  assert.deepEqual(await course(), [[], []]);
});
