import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ask } from "../../../server/ask.fixture.ts";
import type { Server } from "../../../server/index-node.ts";
import type { StudyStore } from "../../../studies/index.ts";
import { type Connection, folderStore, openDatabase, sqlStore } from "../../../studies/index-node.ts";
import { noPostgres, PASSWORD, startPostgres, type TestPostgres } from "../../../studies/stores/sql/postgres.fixture.ts";
import { madeUpHeader, madeUpRun } from "../made-up.fixture.ts";
import { startUi } from "../start-ui.ts";

const header = madeUpHeader(["dense", "sparse"], [1, 2, 3, 4, 5]);
const BY_PATH = { database: "/study?path=database%3Amade-up", folder: "/study?path=study" } as const;
const RUN = `/run?path=${encodeURIComponent("database:made-up/runs/dense.seed-1")}`;

describe("crisp ui with a PostgreSQL", { skip: noPostgres }, () => {
  const work = mkdtempSync(join(tmpdir(), "crisp-ui-database-"));
  const stop = new AbortController();
  const errors: unknown[] = [];
  const pages: string[] = [];
  let postgres: TestPostgres;
  let connection: Connection;
  let server: Server;
  let cookie: string;
  let stores: StudyStore[];
  const get = async (path: string) => {
    const answer = await ask(new URL(path, server.url), { headers: { Cookie: cookie } });
    pages.push(answer.text);
    return answer;
  };
  /** Until a page says it. */
  const until = async (path: string, said: RegExp): Promise<string> => {
    for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const { text } = await get(path);
      if (said.test(text)) return text;
      assert.ok(Date.now() < end, `${path} never says ${said}: ${text}`);
    }
  };
  /** What a page says of a study, without where its runs lead. */
  const study = (text: string): string => {
    const [, part] = /<div id="study" data-fresh>(.*)<h2>Settings/s.exec(text)!;
    return part.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
  };

  before(async () => {
    postgres = await startPostgres();
    connection = await openDatabase({ url: postgres.url });
    stores = [sqlStore(connection, { checkpoints: join(work, "checkpoints") }), folderStore(join(work, "runs/study"))];
    for (const store of stores) await store.open(header);
    const onError = (error: unknown): void => void errors.push(error);
    server = await startUi(join(work, "runs"), { port: 0, onError, database: { url: postgres.url } }, stop.signal);
    cookie = (await ask(server.signInUrl())).headers["set-cookie"]![0].split(";")[0];
  });
  after(async () => {
    for (const store of stores ?? []) await store.close();
    stop.abort();
    await server?.stop();
    await connection?.close();
    postgres?.stop();
    rmSync(work, { recursive: true, force: true });
  });

  const finish = async (count: number): Promise<void> => {
    for (const store of stores)
      for (let at = 0; at < count; at++) {
        const { arm, seed, id } = (await store.claim("worker"))!;
        await store.finish({ arm, seed, id }, "worker", madeUpRun(arm, seed, arm === "dense" ? 20 : 38));
      }
  };

  test("its studies stand beside those of the folder, and a study has one page, wherever it lives", async () => {
    const { text: list } = await get("/");
    for (const path of ["study", "database:made-up"]) assert.match(list, new RegExp(`class="path"[^>]*>${path}<`));
    await finish(9);
    const [inDatabase, inFolder] = [(await get(BY_PATH.database)).text, (await get(BY_PATH.folder)).text];
    assert.match(inDatabase, /9 of 10/);
    assert.match(inDatabase, /The next look is planned at 5 seeds; nothing is judged before it/);
    assert.ok(!/class="pill|Where arms differ/.test(inDatabase));
    assert.equal(study(inDatabase), study(inFolder));
    assert.ok(inDatabase.includes(`href="${RUN}"`));
    assert.match((await get(RUN)).text, /state finished.*class 0: 10 of 20 right/s);
  });

  test("at the look of its plan it is judged as the folder's is, text by text", async () => {
    await finish(1);
    const [inDatabase, inFolder] = [
      await until(BY_PATH.database, /Where arms differ/),
      await until(BY_PATH.folder, /Where arms differ/),
    ];
    assert.match(inDatabase, /<span class="pill supported">supported<\/span><p>sparse against dense, at the look of 5 seeds/);
    assert.match(inDatabase, /Over 5 seeds it alone is right 90 times, dense alone 0 times/);
    assert.match(inDatabase, /text 20 of the reported split<\/td><td>class 0<\/td><td>5 of 5<\/td><td>0 of 5/);
    assert.equal(study(inDatabase), study(inFolder));
  });

  test("a database that is lost is one line on every page, the folder's rows stay, and it comes back by itself", async () => {
    let back: Promise<void> | undefined;
    try {
      back = postgres.restart(6000);
      const lost =
        /<p class="error"[^>]*>postgres:\/\/crisp@127\.0\.0\.1:\d+\/postgres: expected a database that answers, got [^<]*\. This page asks again by itself\.</;
      const list = await until("/", lost);
      assert.equal(list.match(/class="error"/g)!.length, 1);
      for (const path of ["study", "database:made-up"]) assert.match(list, new RegExp(`class="path"[^>]*>${path}<`));
      for (const path of [BY_PATH.database, RUN]) {
        const page = await get(path);
        assert.equal(page.status, 503);
        assert.match(page.text, lost);
        assert.match(page.text, /<body data-again="2">/);
      }
      assert.equal((await get(BY_PATH.folder)).status, 200);
    } finally {
      await back;
    }
    assert.match(await until(BY_PATH.database, /10 of 10/), /Where arms differ/);
    await until("/", /^(?!.*class="error").*database:made-up/s);
  });

  test("no page and no error has the password, and none is one that was not meant", async () => {
    const away = new URL(postgres.url);
    away.port = "1";
    await assert.rejects(startUi(join(work, "runs"), { port: 0, database: { url: away.href } }, stop.signal), (error: Error) => {
      pages.push(`${error.message} ${JSON.stringify(error)} ${error.stack}`);
      return true;
    });
    const wrong = new URL(postgres.url);
    wrong.password = `${PASSWORD}-not`;
    await assert.rejects(startUi(join(work, "runs"), { port: 0, database: { url: wrong.href } }, stop.signal), (error: Error) => {
      pages.push(`${error.message} ${JSON.stringify(error)} ${error.stack}`);
      return true;
    });
    for (const path of ["/study?path=database%3Aother", RUN.replace("seed-1", "seed-9")])
      assert.equal((await get(path)).status, 404);
    assert.ok(pages.length > 8);
    for (const page of pages) assert.ok(!page.includes(PASSWORD), page);
    assert.deepEqual(errors, []);
  });
});
