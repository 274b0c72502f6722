import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readResults, withResults } from "../bench/performance.ts";

const page = readFileSync(join(import.meta.dirname, "../docs/performance.md"), "utf8");

test("docs/performance.md holds what bench/performance.ts makes of bench/results", () => {
  assert.equal(withResults(page, readResults()), page);
});

test("a result that changes changes the page", () => {
  const results = new Map(
    [...readResults()].map(([kind, all]) => [kind, all.map((result) => ({ ...result, cpu: "Made-up CPU" }))]),
  );
  assert.ok(withResults(page, results).includes("Made-up CPU"));
});
