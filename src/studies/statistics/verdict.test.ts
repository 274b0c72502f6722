import assert from "node:assert/strict";
import { test } from "node:test";
import type { CrossedBootstrap } from "./bootstrap.ts";
import type { Components } from "./components.ts";
import { furtherSeeds } from "./further-seeds.ts";
import { holmLevels } from "./holm.ts";
import { levelsAt } from "./looks.ts";
import { critical } from "./quantiles.ts";
import { decide, points, verdictOn } from "./verdict.ts";

const found = (mean: number, betweenSeeds: number, exampleEffect: number): Components => ({
  seeds: 5,
  examples: 872,
  mean,
  seedMeans: new Float64Array(5).fill(mean),
  exampleMeans: new Float64Array(872).fill(mean),
  betweenSeeds,
  exampleEffect,
  noise: 0,
});

/** A bootstrap whose interval at any level is mean ± z · error. */
const normalBoot = (mean: number, error: number, p: number): CrossedBootstrap => {
  const interval = (level: number) => ({
    low: mean - critical(level, Infinity) * error,
    high: mean + critical(level, Infinity) * error,
  });
  return {
    components: found(mean, error ** 2 * 5, 0),
    interval,
    fixedInterval: interval,
    pValue: () => p,
    equivalenceP: () => p,
  };
};

const claim = {
  name: "aggressive_sparse",
  pattern: "topK(sparsity=0.8)",
  baseline: "dense",
  corpus: "SST-2",
  synthetic: false,
  family: 3,
};

test("each verdict word has its region", () => {
  assert.equal(decide({ low: 0.01, high: 2 }, { low: 0.1, high: 1.9 }), "supported");
  assert.equal(decide({ low: -2, high: -0.01 }, { low: -1.9, high: -0.1 }), "contradicted");
  assert.equal(decide({ low: -0.6, high: 0.55 }, { low: -0.49, high: 0.45 }), "no difference");
  assert.equal(decide({ low: -0.6, high: 0.6 }, { low: -0.4, high: 0.5 }), "undecided");
  assert.equal(decide({ low: 0, high: 2 }, { low: 0.1, high: 1.9 }), "undecided");
  assert.equal(decide({ low: 0, high: 0 }, { low: 0, high: 0 }), "no difference");
});

test("the zone of no difference is in the unit of what is judged", () => {
  const [corrected, ninety] = [
    { low: -0.01, high: 0.02 },
    { low: -0.004, high: 0.006 },
  ];
  assert.equal(decide(corrected, ninety), "no difference");
  assert.equal(decide(corrected, ninety, 0.005), "undecided");
});

test("sentences name pattern, corpus, interval, correction and seeds", () => {
  const { word, sentence, furtherSeeds } = verdictOn(claim, normalBoot(1, 0.2, 0.001), 1 - 0.05 / 3, 0.9);
  assert.equal(word, "supported");
  assert.equal(furtherSeeds, null);
  assert.equal(
    sentence,
    "On SST-2, aggressive_sparse (topK(sparsity=0.8)) is more accurate than dense: +1.00 points, 95 % interval +0.52 to +1.48, Holm-corrected for 3 claims, 5 paired seeds.",
  );
});

test("made-up data is called a synthetic corpus and its name is left out", () => {
  const { sentence } = verdictOn({ ...claim, synthetic: true, family: 1 }, normalBoot(-2, 0.2, 0.001), 0.95, 0.9);
  assert.match(sentence, /^On this synthetic corpus, .* is less accurate than dense/);
  assert.doesNotMatch(sentence, /SST-2|Holm/);
});

test("an undecided verdict says how many further seeds it takes, or that none are enough", () => {
  const some = verdictOn(claim, normalBoot(0.6, 0.3, 0.05), 0.983, 0.9);
  assert.equal(some.word, "undecided");
  assert.ok(some.furtherSeeds! > 0);
  assert.match(some.sentence, new RegExp(`about ${some.furtherSeeds} further seeds would decide it`));
  const none = verdictOn(claim, { ...normalBoot(0.6, 0.3, 0.05), components: found(0.6, 0.1, 400) }, 0.983, 0.9);
  assert.equal(none.furtherSeeds, null);
  assert.match(none.sentence, /No number of seeds can decide it: a split of 872 sentences is too small/);
});

test("further seeds are the fewest whose half-width falls below the difference", () => {
  // No example effect: h(S') = t(S'−1) · √(1 / S'). For 1.0 points: S' = 6 gives 1.049, S' = 7 gives 0.925.
  assert.equal(furtherSeeds(found(1, 1, 0), 0.95, 0.9, 0.5), 2);
  // Seeds never shrink the example part: z · √(400 / 872) = 1.33 points.
  assert.equal(furtherSeeds(found(1.32, 0.01, 400), 0.95, 0.9, 0.5), null);
  // 1.34² leaves 0.0334 for t² / S', and t is about 1.98: S' is about 118.
  assert.ok(Math.abs(furtherSeeds(found(1.34, 1, 400), 0.95, 0.9, 0.5)! - 113) <= 2);
});

test("Holm widens the first claim most and keeps the level at which it stopped", () => {
  const clear = normalBoot(1, 0.1, 0.0002);
  const close = normalBoot(0.5, 0.23, 0.03); // |z| = 2.17: passes at 95 %, not at 97.5 %
  const nothing = normalBoot(0.1, 0.23, 0.7);
  assert.deepEqual(holmLevels([nothing, clear, close]), [0.975, 1 - 0.05 / 3, 0.975]);
  assert.deepEqual(holmLevels([close]), [0.95]);
  assert.deepEqual(holmLevels([clear, clear]).sort(), [0.95, 0.975]);
  assert.deepEqual(holmLevels([]), []);
});

test("planned looks spend 5 % in all, little of it early, and an unplanned look has no level", () => {
  assert.deepEqual(levelsAt([5], 5), { level95: 0.95, level90: 0.9 });
  assert.equal(levelsAt([5, 10], 7), null);
  const spent = [5, 10, 20].map((seeds) => 1 - levelsAt([5, 10, 20], seeds)!.level95);
  assert.ok(Math.abs(spent[0] + spent[1] + spent[2] - 0.05) < 1e-9);
  // 2 − 2Φ(1.96 / √0.25) = 2 − 2Φ(3.92)
  assert.ok(Math.abs(spent[0] - 8.857e-5) < 1e-6, String(spent[0]));
});

test("points carry a sign, save for nothing", () => {
  assert.deepEqual([0.974, -0.4, 0.001, -0.001].map(points), ["+0.97", "−0.40", "0.00", "0.00"]);
});
