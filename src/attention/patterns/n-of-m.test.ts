import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { keptOfGroup, nOfM } from "./n-of-m.ts";

describe("nOfM", () => {
  const view = { ...head(7, 1), scores: Float32Array.from({ length: 49 }, (_, at) => [1, 5, 5, 5, 2, 0, 99][at % 7]) };
  test("keeps the n largest of each group, ties to the earlier key, and counts real keys only", () => {
    assert.deepEqual(row(nOfM({ n: 1, m: 2 }).keep(view), 7, 0), [0, 1, 1, 0, 1, 0, 0]);
    assert.deepEqual(row(nOfM({ n: 2 }).keep(view), 7, 3), [0, 1, 1, 0, 1, 1, 0]);
    assert.deepEqual(row(nOfM({ n: 1 }).keep(view), 7, 6), [0, 0, 0, 0, 0, 0, 0]);
  });
  test("a group with fewer allowed keys keeps them all", () => {
    const allowed = view.allowed.map((ok, at) => ok & Number(at % 7 === 0 || at % 7 === 5));
    assert.deepEqual(nOfM({ n: 1 }).keep({ ...view, allowed }), allowed);
  });
  test("a sparsity means the n that comes closest at the text's length", () => {
    assert.deepEqual(
      [0, 0.25, 0.4, 0.5, 0.8].map((s) => keptOfGroup(s, 32, 4)),
      [4, 3, 2, 2, 1],
    );
    // Of 5 keys, groups of 4 and 1: n = 1 keeps 2.
    assert.equal(keptOfGroup(0.45, 5, 4), 2);
    assert.equal(nOfM({ n: 1 }).nominalSparsity, 0.75);
  });
  test("refuses wrong n and m, both and neither, and a ramp on an explicit n", () => {
    const make = nOfM as (options: object) => unknown;
    assert.throws(() => make({}), { message: "nOfM: expected either a sparsity or an n, got neither." });
    assert.throws(() => make({ sparsity: 0.5, n: 2 }), { message: /got both/ });
    for (const n of [0, 5, 1.5]) assert.throws(() => make({ n }), { code: "pattern/bad-parameter", message: /1 to m, here 4/ });
    for (const m of [0, 65, 2.5]) assert.throws(() => make({ n: 1, m }), { code: "pattern/bad-parameter", message: /1 to 64/ });
    assert.throws(() => nOfM({ n: 2 }).keep({ ...view, strength: 0.5 }), { code: "pattern/bad-schedule" });
  });
});
