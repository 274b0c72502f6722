import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../runs/index.ts";
import { crossedBootstrap } from "./bootstrap.ts";
import {
  differencesOf,
  drawStudy,
  type MadeUpStudy,
  NOISE_ONLY,
  normals,
  trueSpread,
  truth,
  type World,
  withTruth,
  wordsOf,
} from "./made-up-studies.fixture.ts";
import { power } from "./power.ts";
import { type StudyMeta, studyResults } from "./study-results.ts";

// The simulations of scripts/simulate-verdicts.ts in small: 300 sentences, 400 replicates. Limits leave three standard errors to chance.
const REPLICATES = 400;
const small = { ...NOISE_ONLY, examples: 300 };
const worlds: World[] = [small, { ...small, seedEffect: 0.15 }, { ...small, seedEffect: 0.1, exampleEffect: 0.7 }];
const error = (share: number, count: number) => Math.sqrt((share * (1 - share)) / count);

for (const seeds of [5, 10, 20]) {
  test(`with ${seeds} seeds the 95 % interval for sentences like these covers the truth in 93 to 98 % of studies`, () => {
    const each = 400;
    let hits = 0;
    for (const world of worlds) {
      const target = truth(world);
      const normal = normals(seeds);
      for (let i = 0; i < each; i++) {
        const differences = differencesOf(drawStudy(world, seeds, 1, normal));
        const { low, high } = crossedBootstrap(differences, { seeds, replicates: REPLICATES, randomSeed: i })[0].interval(0.95);
        if (low <= target && target <= high) hits++;
      }
    }
    const count = each * worlds.length;
    const [lowest, highest] = [0.93 - 3 * error(0.93, count), 0.98 + 3 * error(0.98, count)];
    assert.ok(hits / count >= lowest && hits / count <= highest, `${hits} of ${count}`);
  });
}

test("three claims without an effect, looked at after 5, 10 and 20 seeds, are called supported in at most 5 % of studies", () => {
  const studies = 300;
  const normal = normals(1);
  const world = withTruth(worlds[1], 0);
  let supported = 0;
  for (let i = 0; i < studies; i++) {
    const differences = differencesOf(drawStudy(world, 20, 3, normal));
    if (wordsOf(differences, 20, { looks: [5, 10, 20], replicates: REPLICATES, randomSeed: i }).includes("supported"))
      supported++;
  }
  assert.ok(supported / studies <= 0.05 + 3 * error(0.05, studies), `${supported} of ${studies}`);
});

test("one claim without an effect, looked at after 5, 10 and 20 seeds, is called supported or contradicted in at most 5 % of studies", () => {
  const studies = 800;
  const normal = normals(2);
  const world = withTruth({ ...worlds[1], examples: 150 }, 0);
  let wrong = 0;
  for (let i = 0; i < studies; i++) {
    const differences = differencesOf(drawStudy(world, 20, 1, normal));
    const [word] = wordsOf(differences, 20, { looks: [5, 10, 20], replicates: REPLICATES, randomSeed: i });
    if (word === "supported" || word === "contradicted") wrong++;
  }
  assert.ok(wrong / studies <= 0.05 + 3 * error(0.05, studies), `${wrong} of ${studies}`);
});

for (const [at, base] of worlds.entries()) {
  test(`world ${at + 1} of ${worlds.length}: a true difference of 2 points is found as often as the power says`, () => {
    const studies = 300;
    const world = withTruth(base, 2);
    const spread = trueSpread(world, normals(1));
    for (const seeds of [5, 10, 20]) {
      const normal = normals(seeds);
      let found = 0;
      for (let i = 0; i < studies; i++) {
        const differences = differencesOf(drawStudy(world, seeds, 1, normal));
        if (wordsOf(differences, seeds, { replicates: REPLICATES, randomSeed: i })[0] === "supported") found++;
      }
      const promised = power(spread, seeds, 2);
      const off = Math.abs(found / studies - promised);
      assert.ok(off <= 0.04 + 3 * error(promised, studies), `${seeds} seeds: ${found} of ${studies}, promised ${promised}`);
    }
  });
}

const ARMS = ["light", "moderate", "aggressive"];
const meta: StudyMeta = {
  study: "made up",
  corpus: "made up",
  synthetic: true,
  examples: { train: 1, selection: 0 },
  arms: ["dense", ...ARMS].map((name) => ({ name, pattern: name, nominalSparsity: 0 })),
  flops: () => ({ core: 0, attention: 0, layer: 0 }),
  environment: {},
  command: "",
  createdAt: "",
  replicates: REPLICATES,
};

function runsOf({ dense, arms }: MadeUpStudy, examples: number, seeds: number): RunRecord[] {
  return [dense, ...arms].flatMap((correct, at) =>
    Array.from({ length: seeds }, (_, seed): RunRecord => {
      const row = correct.subarray(seed * examples, (seed + 1) * examples);
      const probabilities = Array.from(row, (right) => (right ? [0.9, 0.1] : [0.1, 0.9]));
      return {
        arm: meta.arms[at].name,
        seed,
        probabilities,
        denseProbabilities: probabilities,
        labels: Array.from(row, () => 0),
        trainLoss: 0,
        trainAccuracy: 1,
        effectiveSparsity: 0,
        steps: 1,
        seconds: 1,
        bestBySelectionAccuracy: null,
        temperature: null,
        curve: [],
      };
    }),
  );
}

test("a whole study says at its looks what the simulated decision says", () => {
  const looks = [5, 10];
  const normal = normals(3);
  const seen = new Set<string>();
  for (let i = 0; i < 12; i++) {
    const world = withTruth(worlds[i % 3], i - 6);
    const study = drawStudy(world, 10, 3, normal);
    const expected = wordsOf(differencesOf(study), 10, { looks, replicates: REPLICATES, randomSeed: 0 });
    const atLooks = looks.map((seeds) => studyResults(runsOf(study, world.examples, seeds), { ...meta, looks }).arms.slice(1));
    const words = ARMS.map((_, arm) => {
      const own = atLooks.map((arms) => arms[arm].verdict.word);
      return own.find((word) => word !== "undecided") ?? "undecided";
    });
    assert.deepEqual(words, expected);
    for (const word of words) seen.add(word);
  }
  assert.ok(
    ["supported", "contradicted", "undecided"].every((word) => seen.has(word)),
    [...seen].join(),
  );
});
