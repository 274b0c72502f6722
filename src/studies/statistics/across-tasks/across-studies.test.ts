import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStudy } from "../../../report/study/fake-study.fixture.ts";
import { acrossTasks } from "./across-studies.ts";

const studies = [
  fakeStudy({ study: "a", examples: 100 }),
  fakeStudy({ study: "b", examples: 100, effects: [0.6, 0.8, 1] }),
  fakeStudy({ study: "c", examples: 100 }),
];

test("three studies of the same arms rank them all and give each arm but the baseline a mean effect", () => {
  const across = acrossTasks(studies)!;
  assert.deepEqual(across.tasks, ["a", "b", "c"]);
  assert.deepEqual(
    across.effects.map(({ arm }) => arm),
    ["light_sparse", "moderate_sparse", "aggressive_sparse"],
  );
  const means = studies.map(({ arms }) => arms[1].difference!.mean);
  const { mean } = across.effects[0].effect;
  assert.ok(Math.min(...means) < mean && mean < Math.max(...means));
  assert.equal(across.ranks!.meanRanks.length, 4);
});

test("an arm that some study lacks is left out, and two arms get no ranks", () => {
  const [first, ...others] = studies;
  const across = acrossTasks([{ ...first, arms: first.arms.slice(0, 2) }, ...others])!;
  assert.deepEqual(across.arms, ["dense", "light_sparse"]);
  assert.equal(across.ranks, null);
});

test("fewer than three studies, or other baselines, say nothing across tasks", () => {
  assert.equal(acrossTasks(studies.slice(1)), null);
  assert.equal(acrossTasks([...studies.slice(1), { ...studies[0], baseline: "light_sparse" }]), null);
});
