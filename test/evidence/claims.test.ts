import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { armsOf, cellsOf, readStudySpec } from "../../src/studies/index-node.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/claims.md"), "utf8");
const [claims, amendments] = page.split("\n## Amendments\n");
/** Of docs/claims.md as it was before the first run of the grid. */
const COMMITTED = "87555e5e4a0cbc54c43b2fbe383393e637933319f68b44c32bc5a33988337de8";

test("the claims are those that were committed before the first run; what changed since stands below them, with its date", () => {
  assert.equal(createHash("sha256").update(claims).digest("hex"), COMMITTED);
  const entries = amendments.trim();
  if (entries !== "None.") for (const entry of entries.split(/\n(?=- )/)) assert.match(entry, /^- \d{4}-\d\d-\d\d: /);
});

test("the primary grid's spec is that of the claims", async () => {
  const spec = await readStudySpec(join(root, "evidence/primary.ts"));
  const cells = cellsOf({ ...spec, models: spec.models!, tasks: spec.tasks! });
  assert.deepEqual(
    cells.map(({ name, rows }) => [name, rows]),
    ["sst2", "cola", "rte", "mrpc"].map((name) => [name, 1000]),
  );
  const arms = armsOf(spec.arms!);
  assert.equal(arms.length, 7);
  assert.equal(spec.seeds!.length, 10);
  for (const { plan } of arms.slice(1)) assert.ok(claims.includes(plan.pattern.split("(")[0]), plan.pattern);
  const { num_train_epochs, per_device_train_batch_size, learning_rate } = spec.options!;
  assert.ok(claims.includes(`${num_train_epochs} epochs, batches of ${per_device_train_batch_size}, learning rate 5e-5`));
  assert.equal(learning_rate, 5e-5);
});
