import assert from "node:assert/strict";
import { test } from "node:test";
import { dense, isDensePattern } from "./dense.ts";
import { patterns } from "./registry.ts";

test("of all patterns only dense is dense, in a plan and in a stored one", () => {
  for (const [name, entry] of Object.entries(patterns)) {
    const pattern = entry.sample();
    assert.equal(isDensePattern(pattern), name === "dense", name);
    assert.equal(isDensePattern(pattern.id), name === "dense", name);
  }
  assert.ok(isDensePattern(dense()));
});
