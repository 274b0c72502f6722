import assert from "node:assert/strict";
import { test } from "node:test";
import { disagreementsOf } from "./disagreements.ts";
import type { StoredRun } from "./stores/store.ts";

const labels = [0, 0, 1];
const dataset = {
  ...{ name: "d", labels: ["no", "yes"] },
  examples: labels.map((label, at) => ({ index: 10 + at, text: `text ${at}`, label, ...(at === 2 && { pair: "second" }) })),
};
/** A run that is right on those texts. */
const run = (arm: string, seed: number, right: readonly boolean[]): StoredRun =>
  ({
    record: { arm, seed, labels, probabilities: right.map((yes, at) => ((labels[at] === 0) === yes ? [1, 0] : [0, 1])) },
  }) as unknown as StoredRun;

test("texts on which an arm and dense differ, those that differ in most seeds first; answers that one alone got right are counted", () => {
  const runs = [
    run("dense", 1, [true, false, false]),
    run("sparse", 1, [true, true, true]),
    run("dense", 2, [true, true, false]),
    run("sparse", 2, [false, true, true]),
  ];
  assert.deepEqual(disagreementsOf(["dense", "sparse"], dataset, runs), {
    arms: [
      {
        ...{ arm: "sparse", onlyArm: 3, onlyBaseline: 1 },
        examples: [
          { index: 12, text: "text 2 / second", label: "yes", armRight: 2, baselineRight: 0 },
          { index: 10, text: "text 0", label: "no", armRight: 1, baselineRight: 2 },
          { index: 11, text: "text 1", label: "no", armRight: 2, baselineRight: 1 },
        ],
      },
    ],
  });
});
