import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../runs/index.ts";
import { reachedLook, verdictsAt } from "./planned-look.ts";

const plan = { seeds: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], looks: [5, 10], claims: ["sparse"] };
const arms = ["dense", "sparse"];

test("a look is reached once all arms have finished all its seeds, in their order", () => {
  const with_ = (done: readonly number[], unfinished?: string) =>
    reachedLook(plan, arms, (arm, seed) => done.includes(seed) && !(arm === unfinished && seed === done.at(-1)));
  assert.equal(with_([10, 11, 12, 13]), null);
  assert.equal(with_([10, 11, 12, 13, 14]), 5);
  assert.equal(with_([10, 11, 12, 13, 14], "sparse"), null);
  assert.equal(with_([11, 12, 13, 14, 15, 16]), null, "five later seeds are not the first five");
  assert.equal(with_(plan.seeds.slice(0, 9)), 5);
  assert.equal(with_(plan.seeds), 10);
});

/** 40 examples; `right` of them are answered rightly. */
const run = (arm: string, seed: number, right: number): RunRecord => ({
  ...{ arm, seed, labels: Array.from({ length: 40 }, (_, at) => at % 2) },
  probabilities: Array.from({ length: 40 }, (_, at) => (at < right === (at % 2 === 0) ? [0.9, 0.1] : [0.1, 0.9])),
  denseProbabilities: Array.from({ length: 40 }, () => [0.5, 0.5]),
  ...{ trainLoss: 0.1, trainAccuracy: 1, effectiveSparsity: 0, steps: 1, seconds: 1, bestBySelectionAccuracy: null },
  ...{ temperature: null, curve: [] },
});

test("the verdicts at a look do not see later seeds", () => {
  const runs = plan.seeds.flatMap((seed) => [run("dense", seed, 20), run("sparse", seed, seed < 15 ? 39 : 1)]);
  const { look, verdicts } = verdictsAt(5, plan, arms, runs, "made-up texts");
  assert.equal(look, 5);
  assert.deepEqual(
    verdicts.map(({ arm, verdict, difference }) => [arm, verdict.word, difference.mean]),
    [["sparse", "supported", 47.5]],
  );
  const later = runs.map((each) => (each.seed < 15 ? each : run(each.arm, each.seed, 20)));
  assert.deepEqual(verdictsAt(5, plan, arms, later, "made-up texts").verdicts, verdicts);
});
