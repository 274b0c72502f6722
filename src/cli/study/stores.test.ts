import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openStores } from "./stores.ts";

const folder = mkdtempSync(join(tmpdir(), "crisp-stores-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const output = { note: () => {} };

test("a place for checkpoints without a database is refused, as nothing would go there", async () => {
  await assert.rejects(openStores({ checkpointsDir: "s3://bucket/a" } as never, folder, output), {
    code: "cli/bad-option",
    message: /^--checkpoints_dir: expected a --database beside it, got none\./,
  });
});

test("an address that no place has is refused before a database is made", async () => {
  const options = { database: "pglite", checkpointsDir: "gs://bucket/a" } as never;
  await assert.rejects(openStores(options, folder, output), { code: "checkpoint/bad-place" });
  assert.deepEqual(readdirSync(folder), []);
});
