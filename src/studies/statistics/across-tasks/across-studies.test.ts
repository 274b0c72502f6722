import assert from "node:assert/strict";
import { test } from "node:test";
import { acrossTasks } from "./across-studies.ts";

test("fewer than three studies, or other baselines, say nothing across tasks", () => {
  assert.equal(acrossTasks([]), null);
});
