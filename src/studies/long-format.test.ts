import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStudy } from "../report/study/fake-study.fixture.ts";
import { figureRows, predictionRows } from "./long-format.ts";
import type { StoredRun } from "./stores/store.ts";

const results = fakeStudy({ seeds: 3, examples: 40 });

test("each figure of each run is a row, curves with their step", () => {
  const rows = figureRows(results);
  const of = (arm: string, seed: number, metric: string) =>
    rows.filter((row) => row.arm === arm && row.seed === seed && row.metric === metric);
  results.arms.forEach(({ name, accuracy, gap, curves, bestBySelection }) => {
    results.seeds.forEach((seed, at) => {
      assert.deepEqual(
        of(name, seed, "accuracy").map(({ step, value }) => [step, value]),
        [[null, accuracy.perSeed[at]]],
      );
      assert.equal(of(name, seed, "gap")[0].value, gap.perSeed[at]);
      assert.equal(of(name, seed, "best_by_selection")[0].value, bestBySelection!.perSeed[at]);
      const losses = of(name, seed, "eval_loss");
      assert.deepEqual(
        losses.map(({ step, value }) => [step, value]).slice(0, -1),
        curves[at].map(({ step, evalLoss }) => [step, evalLoss]),
      );
      assert.equal(losses.at(-1)!.step, null);
    });
  });
  assert.ok(rows.every(({ value }) => Number.isFinite(value)));
});

test("each answer of each run is a row, the prediction its most probable class", () => {
  const record = {
    arm: "dense",
    seed: 7,
    labels: [1, 0],
    probabilities: [
      [0.2, 0.8],
      [0.4, 0.6],
    ],
  };
  const rows = predictionRows("s", [{ index: 4 }, { index: 9 }], [{ record } as unknown as StoredRun]);
  assert.deepEqual(rows, [
    { study: "s", arm: "dense", seed: 7, index: 4, label: 1, predicted: 1, probabilities: [0.2, 0.8] },
    { study: "s", arm: "dense", seed: 7, index: 9, label: 0, predicted: 1, probabilities: [0.4, 0.6] },
  ]);
});
