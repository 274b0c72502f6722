import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { refuse, s3Server } from "../../../training/checkpoints/places/s3/s3-server.fixture.ts";
import { storedRun, tinyHeader } from "../../tiny-study.fixture.ts";
import { runName } from "../store.ts";
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

describe("checkpoints of a study in S3", async () => {
  const server = await s3Server();
  const before = { ...process.env };
  Object.assign(process.env, server.env);
  const database = await openDatabase({ folder: mkdtempSync(join(tmpdir(), "crisp-pglite-s3-")) });
  after(async () => {
    process.env = before;
    server.close();
    await database.close();
  });
  const header = tinyHeader();
  const notes: string[] = [];
  const store = sqlStore(database, { checkpoints: "s3://bucket/studies", onNote: (text) => notes.push(text) });
  const claimed = async () => {
    await store.open(header);
    const run = (await store.claim("a"))!;
    const where = store.checkpoints(run);
    assert.equal(where, `s3://bucket/studies/${header.study}/${runName(run)}`);
    const key = `${where.slice("s3://bucket/".length)}/checkpoint-1.crisp`;
    server.objects.set(key, new TextEncoder().encode("CRISPCK2 and so on"));
    return { run, key };
  };

  test("are removed when their run is finished", async () => {
    const { run } = await claimed();
    assert.ok(await store.finish(run, "a", storedRun(run)));
    assert.deepEqual([...server.objects.keys()], []);
  });
  test("stay with a note where they cannot be removed, and the run is finished all the same", async () => {
    const { run, key } = await claimed();
    server.trouble = ({ method }, response) => method === "DELETE" && refuse(response, 403, "AccessDenied");
    try {
      assert.ok(!(await store.finish(run, "b", storedRun(run))));
      assert.ok(await store.finish(run, "a", storedRun(run)));
    } finally {
      server.trouble = () => false;
    }
    assert.deepEqual([...server.objects.keys()], [key]);
    assert.match(notes.join(), /got 403 AccessDenied\. .* Checkpoints of a finished run stay in s3:\/\/bucket\/studies\//);
  });
  test("that cannot be written are told before the study is begun", async () => {
    const other = sqlStore(database, { checkpoints: "s3://none/studies" });
    await assert.rejects(other.open({ ...header, study: "other" }), { code: "checkpoint/no-bucket" });
    assert.deepEqual(await database.query("SELECT study FROM crisp.studies WHERE study = 'other'"), []);
  });
});
