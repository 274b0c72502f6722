import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { study } from "../../../api/index-node.ts";
import type { CrispError } from "../../../errors/index.ts";
import type { StudyResults } from "../../records.ts";
import { storedRun, tinyHeader, tinyStudy } from "../../tiny-study.fixture.ts";
import { openDatabase } from "./open-database-node.ts";
import { noPostgres, PASSWORD, startPostgres, type TestPostgres } from "./postgres.fixture.ts";
import { connectPostgres } from "./postgres-node.ts";
import { silence, sqlStoreContract } from "./sql-store.contract.ts";
import { sqlStore } from "./sql-store-node.ts";

const header = tinyHeader();

describe("a PostgreSQL of its own", { skip: noPostgres }, () => {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  sqlStoreContract("PostgreSQL", () => connectPostgres(server.url));

  test("a database that goes away is waited for, and while it was down nobody lost a run", async () => {
    const notes: string[] = [];
    const database = await openDatabase({ url: server.url }, { onNote: (text) => notes.push(text) });
    await database.query("DELETE FROM crisp.studies");
    const store = sqlStore(database, { checkpoints: tmpdir(), lostAfterSeconds: 30 });
    const { runs } = header;
    await store.open(header);
    const run = (await store.claim("a"))!;
    await silence(database);
    const back = server.restart(500);
    assert.equal(await store.beat(run, "a"), true);
    await back;
    await silence(database);
    assert.deepEqual(await store.claim("b"), runs[1]);
    assert.equal(await store.finish(run, "a", storedRun(run)), true);
    assert.match(notes.join("; "), /^postgres:.* does not answer \(.*\); trying again for 300 s; postgres:.* answers again$/);
    await store.close();
    await database.close();
  });

  test("study() in code leaves the same in a database as in files", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crisp-study-"));
    const database = await openDatabase({ url: server.url });
    await database.query("DELETE FROM crisp.studies");
    await database.close();
    const inFiles = (await study(tinyStudy(), { folder: join(folder, "files"), parallelRuns: 1 }))!;
    const inDatabase = (await study(tinyStudy(), { folder: join(folder, "database"), parallelRuns: 1, database: server.url }))!;
    assert.equal(inDatabase.predictions, inFiles.predictions);
    const timeless = ({ createdAt: _, arms, ...results }: StudyResults) => [results, arms.map((arm) => ({ ...arm, seconds: 0 }))];
    assert.deepEqual(timeless(inDatabase.results), timeless(inFiles.results));
    rmSync(folder, { recursive: true, force: true });
  });

  test("a database that does not answer the first time is told at once, without its password", async () => {
    const url = new URL(server.url);
    url.port = "1";
    await assert.rejects(openDatabase({ url: url.href }), (error: CrispError) => {
      assert.equal(error.code, "database/unreachable");
      assert.match(
        error.message,
        /^postgres:\/\/crisp@127\.0\.0\.1:1\/postgres: expected a database that answers, got .*ECONNREFUSED/,
      );
      assert.doesNotMatch(JSON.stringify({ ...error, message: error.message }), new RegExp(PASSWORD));
      return true;
    });
  });

  test("a wrong or missing password, and a database that is not there, are told in words", async () => {
    const changed = (change: (url: URL) => void): string => {
      const url = new URL(server.url);
      change(url);
      return url.href;
    };
    const cases: [string, RegExp][] = [
      [changed((url) => void (url.password = "wrong")), /got password authentication failed for user "crisp"\. Check user/],
      [changed((url) => void (url.password = "")), /got SASL: .*password must be a.* string\. Check user/],
      [changed((url) => void (url.pathname = "/none")), /got database "none" does not exist\. Check user/],
    ];
    for (const [url, message] of cases) await assert.rejects(openDatabase({ url }), { code: "database/refused", message });
  });
});
