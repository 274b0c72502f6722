import assert from "node:assert/strict";
import { test } from "node:test";
import { mcNemarOverSeeds, mcNemarTest } from "./mcnemar.ts";

test("models that never disagree cannot be told apart by McNemar's test", () => {
  assert.deepEqual(mcNemarTest(0, 0), { gained: 0, lost: 0, exactP: 1, chiSquaredP: 1 });
  assert.equal(mcNemarTest(7, 7).chiSquaredP, 1);
});

test("McNemar's test over seeds counts each seed by itself and doubles the median: more seeds of one result prove no more", () => {
  const row = Array.from({ length: 30 }, (_, e) => (e < 10 ? 100 : e < 12 ? -100 : 0));
  const alone = mcNemarTest(10, 2);
  const many = mcNemarOverSeeds(Float64Array.from([row, row, row, row, row].flat()), 5);
  assert.deepEqual(many.perSeed, [alone, alone, alone, alone, alone]);
  assert.equal(many.p, 2 * alone.exactP);
  // Of four p-values the lower middle one: 2 = 4 / 2 is Rüger's factor for it.
  const none = row.map(() => 0);
  assert.equal(mcNemarOverSeeds(Float64Array.from([none, row, none, row].flat()), 4).p, 2 * alone.exactP);
});
