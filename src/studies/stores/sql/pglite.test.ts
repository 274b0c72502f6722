import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { tinyHeader } from "../../tiny-study.fixture.ts";
import { openDatabase } from "./open-database-node.ts";
import { connectPglite } from "./pglite-node.ts";
import { sqlStoreContract } from "./sql-store.contract.ts";
import { sqlStore } from "./sql-store-node.ts";

sqlStoreContract("PGlite", () => connectPglite());

test("what is no database, where one would be, is refused and stays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-pglite-"));
  mkdirSync(join(folder, "pglite"));
  writeFileSync(join(folder, "pglite", "thesis.txt"), "years");
  await assert.rejects(connectPglite(folder), { code: "file/not-own" });
  assert.equal(readFileSync(join(folder, "pglite", "thesis.txt"), "utf8"), "years");
  rmSync(folder, { recursive: true, force: true });
});

test("a folder's database is one process's, keeps its studies, and frees what a killed process had", async () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-pglite-"));
  const [header, checkpoints] = [tinyHeader(), join(folder, "checkpoints")];
  // as a process leaves it that was killed while it made one
  mkdirSync(join(folder, "pglite"));
  for (const left of [join("pglite", "PG_VERSION"), ".pglite.crisp-making"]) writeFileSync(join(folder, left), "");
  const first = await openDatabase({ folder });
  try {
    await assert.rejects(openDatabase({ folder }), { code: "database/busy" });
    const store = sqlStore(first, { checkpoints });
    await store.open(header);
    assert.deepEqual(await store.claim("a"), header.runs[0]);
  } finally {
    // without closing the store, as if the process had ended
    await first.close();
  }
  const later = await openDatabase({ folder });
  const store = sqlStore(later, { checkpoints });
  await store.open(header);
  assert.deepEqual(await store.claim("b"), header.runs[0]);
  await store.close();
  await later.close();
  rmSync(folder, { recursive: true, force: true });
});
