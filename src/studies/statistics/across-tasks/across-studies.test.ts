import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStudy } from "../../../report/study/fake-study.fixture.ts";
import { acrossTasks } from "./across-studies.ts";

const studies = [
  fakeStudy({ study: "a", corpus: "a", examples: 100 }),
  fakeStudy({ study: "b", corpus: "b", examples: 100, effects: [0.6, 0.8, 1] }),
  fakeStudy({ study: "c", corpus: "c", examples: 100 }),
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

test("fewer than three studies, other baselines, a corpus that comes twice or is made up say nothing across tasks", () => {
  const [first, ...others] = studies;
  assert.equal(acrossTasks([...others, { ...first, corpus: "b" }]), null);
  assert.equal(acrossTasks([...others, { ...first, synthetic: true }]), null);
  assert.equal(acrossTasks(others), null);
  assert.equal(acrossTasks([...others, { ...first, baseline: "light_sparse" }]), null);
});
