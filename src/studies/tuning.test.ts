import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { StoredRun } from "./stores/store.ts";
import { DENSE, SPARSE, tinyStudy } from "./tiny-study.fixture.ts";
import { chooseTrials, tunedStudy, tuningStudy } from "./tuning.ts";

const definition = tinyStudy();
const plan = { trials: [{ learningRate: 1e-5 }, { learningRate: 1e-4 }, { learningRate: 1e-3 }], seeds: [101, 102] };

test("every arm, dense too, tries all trials; the reported split is not among what is read", () => {
  const study = tuningStudy(definition, plan);
  assert.deepEqual(
    study.arms.map(({ name, options }) => [name, options!.learningRate]),
    [DENSE, SPARSE].flatMap((arm) => [
      [arm, 1e-5],
      [`${arm}.trial-2`, 1e-4],
      [`${arm}.trial-3`, 1e-3],
    ]),
  );
  assert.equal(study.data.reported, definition.data.selection);
  assert.equal(study.data.selection, undefined);
  assert.deepEqual(study.seeds, [101, 102]);
});

test("without a selection split there is nothing to choose by", () => {
  const without = { ...definition, data: { ...definition.data, selection: undefined } };
  assert.throws(() => tuningStudy(without, plan), { code: "study/bad-spec", message: /expected a selection split, got none/ });
});

describe("each arm keeps", () => {
  /** A run that is right on the first `right` of ten texts. */
  const run = (arm: string, right: number, diverged?: true): StoredRun =>
    ({
      record: {
        ...{ arm, seed: 0, diverged, labels: Array(10).fill(0) },
        probabilities: Array.from({ length: 10 }, (_, at) => (at < right ? [1, 0] : [0, 1])),
      },
    }) as unknown as StoredRun;
  const runs = [
    ...[run(DENSE, 5), run(DENSE, 7), run(`${DENSE}.trial-2`, 9), run(`${DENSE}.trial-2`, 9)],
    ...[run(`${DENSE}.trial-3`, 0, true), run(`${DENSE}.trial-3`, 0)],
    ...[run(SPARSE, 8), run(SPARSE, 8), run(`${SPARSE}.trial-2`, 9), run(`${SPARSE}.trial-2`, 7), run(`${SPARSE}.trial-3`, 1)],
  ];
  const tuned = chooseTrials(definition, plan, runs);
  test("the trial of the best mean accuracy, the earlier of equals; what diverged is counted", () => {
    assert.deepEqual(tuned, [
      { arm: DENSE, chosen: 1, accuracies: [0.6, 0.9, 0], diverged: 1 },
      { arm: SPARSE, chosen: 0, accuracies: [0.8, 0.8, 0.1], diverged: 0 },
    ]);
  });
  test("its settings in the study that is reported, over its own", () => {
    const [dense, sparse] = definition.arms;
    const own = { ...definition, arms: [dense, { ...sparse, options: { weightDecay: 0.1, learningRate: 1 } }] };
    const study = tunedStudy(own, plan, tuned);
    assert.deepEqual(
      study.arms.map(({ options }) => options),
      [{ learningRate: 1e-4 }, { weightDecay: 0.1, learningRate: 1e-5 }],
    );
    assert.deepEqual(study.seeds, definition.seeds);
  });
});
