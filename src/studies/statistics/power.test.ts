import assert from "node:assert/strict";
import { test } from "node:test";
import { power, seedsFor, smallestEffect } from "./power.ts";

test("power grows with effect and seeds, and the seeds that are enough are the fewest", () => {
  const spread = { betweenSeeds: 0.36, exampleEffect: 60, examples: 872 };
  assert.ok(power(spread, 5, 1) < power(spread, 5, 1.2) && power(spread, 5, 1) < power(spread, 6, 1));
  const seeds = seedsFor(spread, 1.2)!;
  assert.ok(power(spread, seeds, 1.2) >= 0.8 && power(spread, seeds - 1, 1.2) < 0.8, String(seeds));
  const least = smallestEffect(spread, 5);
  assert.ok(Math.abs(power(spread, 5, least) - 0.8) < 1e-6);
});

test("no number of seeds finds what the sentences hide: (1.96 + 0.84) · √(e / N) is the smallest effect", () => {
  const spread = { betweenSeeds: 0.01, exampleEffect: 100, examples: 900 };
  const floor = 2.8016 / 3;
  assert.equal(seedsFor(spread, floor - 0.01), null);
  assert.ok(seedsFor(spread, floor + 0.01)! < 1000);
  assert.ok(Math.abs(smallestEffect(spread, 1e6) - floor) < 1e-3);
});

test("where nothing spreads, any effect is found and none is not", () => {
  const spread = { betweenSeeds: 0, exampleEffect: 0, examples: 872 };
  assert.deepEqual([power(spread, 5, 0.1), power(spread, 5, 0), smallestEffect(spread, 5), seedsFor(spread, 0.1)], [1, 0, 0, 2]);
});
