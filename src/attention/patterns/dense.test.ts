import assert from "node:assert/strict";
import { test } from "node:test";
import { dense, isDense } from "./dense.ts";
import { patterns } from "./registry.ts";

test("of all patterns only dense is dense, in a plan and in a stored one", () => {
  for (const [name, entry] of Object.entries(patterns)) {
    const pattern = entry.sample();
    assert.equal(isDense({ pattern }), name === "dense", name);
    assert.equal(isDense({ pattern: pattern.id }), name === "dense", name);
  }
  assert.ok(isDense({ pattern: dense() }));
});
