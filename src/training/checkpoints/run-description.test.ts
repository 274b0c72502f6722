import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSameRun } from "./run-description.ts";

test("a run is the same in whatever order the keys of its description were set, in lists too", () => {
  checkSameRun("a.crisp", { layers: [{ a: 1, b: 2 }], seed: 1 }, { seed: 1, layers: [{ b: 2, a: 1 }] });
  assert.throws(() => checkSameRun("a.crisp", { layers: [{ a: 1, b: 2 }] }, { layers: [{ a: 2, b: 1 }] }), {
    code: "checkpoint/other-run",
  });
});
