import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../runs/index.ts";
import { components } from "./components.ts";
import { outlook } from "./outlook.ts";
import { power } from "./power.ts";

const EXAMPLES = 40;
const plan = { seeds: 10, examples: EXAMPLES, looks: [10], claims: ["sparse"], baseline: "dense" };
/** Wrong on the texts whose number and the seed give 0 by this. */
const run = (arm: string, seed: number, every: number): RunRecord =>
  ({
    arm,
    seed,
    labels: Array(EXAMPLES).fill(0),
    probabilities: Array.from({ length: EXAMPLES }, (_, at) => ((at + seed) % every === 0 ? [0, 1] : [1, 0])),
  }) as unknown as RunRecord;
const runs = (seeds: number) =>
  Array.from({ length: seeds }, (_, seed) => [run("dense", seed, 7), run("sparse", seed, 5)]).flat();

test("where five paired seeds are finished, their spread gives the power of all seeds", () => {
  const five = runs(5);
  const cells = [0, 1, 2, 3, 4].flatMap((seed) =>
    Array.from({ length: EXAMPLES }, (_, at) => 100 * (Number((at + seed) % 5 !== 0) - Number((at + seed) % 7 !== 0))),
  );
  const spread = components(Float64Array.from(cells), 5);
  assert.deepEqual(outlook(plan, [...five, run("another", 9, 3), run("dense", 9, 7)]), {
    from: 5,
    chances: [0.5, 1].map((effect) => ({ effect, power: power(spread, 10, effect, 0.95) })),
  });
});

test("below five paired seeds the spread is assumed: 10 seeds and SST-2's sentences find +0.97 points in two studies of three", () => {
  const found = outlook({ ...plan, examples: 872 }, runs(4))!;
  assert.equal(found.from, null);
  const [half, one] = found.chances;
  assert.ok(half.power > 0.15 && half.power < 0.3, String(half.power));
  assert.ok(one.power > 0.65 && one.power < 0.75, String(one.power));
});

test("more claims, and an earlier look, leave each claim less power", () => {
  const of = (changes: Partial<typeof plan>) => outlook({ ...plan, examples: 872, ...changes }, [])!.chances[1].power;
  assert.ok(of({ claims: ["sparse", "other"] }) < of({}));
  assert.ok(of({ looks: [10, 20] }) < of({}));
});

test("nothing is said where no verdict will be given", () => {
  assert.equal(outlook({ ...plan, claims: [] }, []), null);
  assert.equal(outlook({ ...plan, seeds: 4 }, []), null);
});
