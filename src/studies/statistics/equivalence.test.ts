import assert from "node:assert/strict";
import { test } from "node:test";
import { crossedBootstrap } from "./bootstrap.ts";
import { equivalenceOverSeeds } from "./equivalence.ts";

test("seeds that all agree are equivalent inside the margin and not on or beyond it", () => {
  assert.deepEqual(
    [0.25, 0.5, -0.75].map((d) => equivalenceOverSeeds([d, d, d, d], 0.5)),
    [0, 1, 1],
  );
});

test("the bootstrap's equivalence test falls below 5 % exactly where the 90 % interval lies inside the margin", () => {
  const row = (shift: number) =>
    Array.from({ length: 200 }, (_, e) => ((e * 7 + shift) % 23 === 0 ? 1 : (e * 5 + shift) % 19 === 0 ? -1 : 0));
  const [boot] = crossedBootstrap([Float64Array.from([0, 1, 2, 3, 4].flatMap(row))], { seeds: 5, replicates: 4_000 });
  const { low, high } = boot.interval(0.9);
  const edge = Math.max(-low, high);
  assert.ok(boot.equivalenceP(1.02 * edge) < 0.05);
  assert.ok(boot.equivalenceP(0.98 * edge) > 0.05);
  assert.ok(boot.equivalenceP(0) >= 0.5);
});
