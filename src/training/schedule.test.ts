import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { learningRateAt, warmupUpdates } from "./schedule.ts";

interface Case {
  warmupSteps: number;
  total: number;
  updates: number;
  linear: number[];
  constant: number[];
}
// scripts/make-training-fixture.py
const file = new URL("../../test/fixtures/training.json", import.meta.url);
const { schedules } = JSON.parse(readFileSync(file, "utf8")) as { schedules: Case[] };

describe("learning rate against transformers", () => {
  for (const { warmupSteps, total, updates, ...expected } of schedules) {
    test(`warmupSteps ${warmupSteps} of ${total}`, () => {
      assert.equal(warmupUpdates(warmupSteps, total), updates);
      for (const lrSchedulerType of ["linear", "constant"] as const) {
        const got = expected[lrSchedulerType].map((_, step) =>
          learningRateAt({ learningRate: 1, warmupSteps, lrSchedulerType }, step, total),
        );
        assert.deepEqual(got, expected[lrSchedulerType]);
      }
    });
  }
});

test("the rate scales with the peak and reaches 0 after the last update", () => {
  const options = { learningRate: 2e-5, warmupSteps: 2, lrSchedulerType: "linear" } as const;
  assert.deepEqual(
    [0, 1, 2, 10].map((step) => learningRateAt(options, step, 10)),
    [0, 1e-5, 2e-5, 0],
  );
});
