import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { LogEvent, LoggedEvent, RunLog } from "../../../runs/index.ts";
import { storedRun, tinyHeader } from "../../tiny-study.fixture.ts";
import { studyStoreContract } from "../store.contract.ts";
import type { StoredRun, StudyStore } from "../store.ts";
import type { Connection } from "./connection.ts";
import { MIGRATIONS, migrate } from "./migrations.ts";
import { patient } from "./patient.ts";
import { sqlStatus } from "./sql-status.ts";
import { sqlStore } from "./sql-store-node.ts";

const header = tinyHeader();
const { runs } = header;
const note = (text: string): LogEvent => ({ type: "note", text });
/** Shorter than the default, as only a database that was up so long lets anybody lose a run. */
const LOST_AFTER_SECONDS = 5;

async function isUp(connection: Connection, seconds: number): Promise<void> {
  const longEnough = "SELECT 1 WHERE pg_postmaster_start_time() < now() - make_interval(secs => $1)";
  while ((await connection.query(longEnough, [seconds])).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** As if no worker had given a sign for an hour. */
export const silence = (connection: Connection) =>
  connection.query("UPDATE crisp.runs SET heartbeat = heartbeat - interval '1 hour'");

async function texts(log: RunLog): Promise<unknown[]> {
  const found: LoggedEvent[] = [];
  for await (const event of log.read()) found.push(event);
  return found.map((event) => event.type === "note" && event.text);
}

/** Does everything, and loses the answer of each first time. */
function forgetful(connection: Connection): Connection {
  let lost = false;
  const losing = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work;
    lost = !lost;
    if (lost) throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    return done;
  };
  return patient({
    ...connection,
    query: (statement, values) => losing(connection.query(statement, values)),
    transaction: (work) => losing(connection.transaction(work)),
  });
}

/**
 * What a store in a database does beyond `studyStoreContract`.
 *
 * @param connect - To a database without a study, the same each time.
 */
export function sqlStoreContract(name: string, connect: () => Promise<Connection>): void {
  let connection: Connection;
  let folder: string;
  const emptied = async (): Promise<Connection> => {
    await connection.query("DELETE FROM crisp.studies");
    return connection;
  };
  const opened = async (over = connection, lostAfterSeconds?: number): Promise<StudyStore> => {
    const store = sqlStore(over, { checkpoints: folder, lostAfterSeconds });
    await store.open(header);
    return store;
  };

  describe(name, () => {
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "crisp-sql-"));
      // as if others worked on it as well
      connection = { ...(await connect()), exclusive: false };
      await migrate(connection);
    });
    after(async () => {
      await connection.close();
      rmSync(folder, { recursive: true, force: true });
    });

    studyStoreContract(name, async () => {
      await emptied();
      return { store: () => sqlStore(connection, { checkpoints: folder }) };
    });

    test("workers that claim at once get different runs, in their order", async () => {
      await emptied();
      const stores = await Promise.all(["a", "b", "c", "d", "e"].map(() => opened()));
      const taken = await Promise.all(stores.map((store, at) => store.claim(`worker ${at}`)));
      const names = taken.flatMap((run) => (run ? [`${run.arm} ${run.seed}`] : [])).sort();
      assert.deepEqual(names, runs.map(({ arm, seed }) => `${arm} ${seed}`).sort());
      assert.equal(await stores[4].othersAtWork(), true);
      for (const store of stores) await store.close();
      assert.equal(await stores[4].othersAtWork(), false);
    });

    test("a run without a sign of life is another's, and what its first worker still says changes nothing", async () => {
      await emptied();
      await isUp(connection, LOST_AFTER_SECONDS);
      const [first, second] = [await opened(connection, LOST_AFTER_SECONDS), await opened(connection, LOST_AFTER_SECONDS)];
      const run = (await first.claim("a"))!;
      await first.log(run).append(note("by a"));
      const late = first.log(run);
      assert.deepEqual(await second.claim("b"), runs[1], "a's run is not free yet");
      await silence(connection);
      assert.equal(await first.beat(run, "a"), true);
      assert.deepEqual(await second.claim("b"), runs[1], "b gave no sign, and a did");
      await silence(connection);
      assert.deepEqual(await second.claim("b"), run);
      await second.log(run).append(note("by b"));
      await late.append(note("still by a"));
      assert.equal(await first.beat(run, "a"), false);
      assert.equal(await first.finish(run, "a", storedRun(run)), false);
      await first.release(run, "a");
      assert.equal(await second.finish(run, "b", { ...storedRun(run), freshParameters: ["of b"] }), true);
      assert.deepEqual((await first.finished())[0].freshParameters, ["of b"]);
      assert.deepEqual(await texts(second.log(run)), ["by a", "still by a", "by b"]);
      await first.close();
      await second.close();
    });

    test("after three failures a run is handed out to nobody, until the study is opened again", async () => {
      await emptied();
      const store = await opened();
      for (const worker of ["a", "b", "c"]) {
        const run = (await store.claim(worker))!;
        assert.deepEqual(run, runs[0]);
        await store.release(run, worker, "not finite");
      }
      assert.deepEqual(await store.claim("d"), runs[1]);
      await store.close();
      const later = await opened();
      assert.deepEqual(await later.claim("a"), runs[0]);
      await later.close();
    });

    test("who joins a study changes nothing about it, and gets a part of its runs", async () => {
      await emptied();
      const joined = (asked = header) => sqlStore(connection, { checkpoints: folder, join: true }).open(asked);
      await assert.rejects(joined(), { code: "study/not-begun", message: /expected the study .*, got no study at all/ });
      const store = await opened();
      await assert.rejects(joined({ ...header, study: "another" }), { code: "study/not-begun", message: /got only / });
      const one = tinyHeader({ seeds: [2] });
      assert.deepEqual(await joined(one), header.plan);
      await assert.rejects(joined(tinyHeader({ seeds: [1, 2, 3] })), { code: "study/other-study", message: /got dense\.seed-3/ });
      const changed = { ...header, runs: runs.map((run) => ({ ...run, id: "of other data" })) };
      await assert.rejects(joined(changed), { code: "study/other-study", message: /of the same model, tokenizer, data/ });
      const part = sqlStore(connection, { checkpoints: folder, join: true });
      await part.open(one);
      assert.deepEqual(await part.claim("a"), runs[2]);
      await part.close();
      await store.close();
    });

    test("who joins to choose by all runs is refused with a part of them", async () => {
      await emptied();
      await (await opened()).close();
      const joined = (asked = header) => sqlStore(connection, { checkpoints: folder, join: true, whole: true }).open(asked);
      assert.deepEqual(await joined(), header.plan);
      await assert.rejects(joined(tinyHeader({ seeds: [1] })), {
        code: "study/other-study",
        message: /expected all runs of the study, as its choice follows from them, got a part without dense\.seed-2/,
      });
    });

    test("who may begin what he joins does so by the plan he was given, adds what is missing and changes nothing else", async () => {
      await emptied();
      const plan = { seeds: [1, 2], looks: [2], claims: [] };
      const begins = async (asked = header) => {
        const store = sqlStore(connection, { checkpoints: folder, join: true, beginsBy: plan });
        return { store, holds: await store.open(asked) };
      };
      const part = await begins(tinyHeader({ seeds: [2] }));
      assert.deepEqual(part.holds, plan);
      for (const worker of ["a", "b", "c"]) {
        await part.store.release((await part.store.claim(worker))!, worker, "not finite");
      }
      const { store, holds } = await begins();
      assert.deepEqual(holds, plan);
      assert.deepEqual(await store.claim("d"), runs[0]);
      assert.deepEqual(await store.claim("d"), runs[1]);
      assert.deepEqual(await store.claim("d"), runs[3], "what failed too often is not tried again");
      const changed = { ...header, runs: runs.map((run) => ({ ...run, id: "of other data" })) };
      await assert.rejects(begins(changed), { code: "study/other-study" });
      await store.close();
    });

    test("its status counts runs, names workers and failures, and says how long the rest will take", async () => {
      await emptied();
      const store = await opened();
      const [first, second] = [(await store.claim("a"))!, (await store.claim("machine:7 b"))!];
      assert.equal((await sqlStatus(connection))[0].secondsLeft, null, "nothing is finished yet");
      await store.finish(first, "a", storedRun(first));
      await connection.query("UPDATE crisp.runs SET finished = begun + interval '100 s' WHERE state = 'done'");
      await connection.query(
        "UPDATE crisp.runs SET begun = now() - interval '40 s', heartbeat = now() - interval '7 s' WHERE state = 'running'",
      );
      const failing = (await store.claim("c"))!;
      await store.release(failing, "c", "expected a finite loss, got NaN");
      const [{ workers, failures, secondsLeft, begun, ...counts }] = await sqlStatus(connection, header.study);
      assert.deepEqual(counts, { study: header.study, done: 1, running: 1, waiting: 2, failed: 0 });
      const [{ seconds, silentSeconds, ...worker }] = workers;
      assert.deepEqual(worker, { worker: "machine:7 b", arm: second.arm, seed: second.seed });
      assert.ok(seconds >= 40 && silentSeconds >= 7 && seconds - silentSeconds > 32, `${seconds} ${silentSeconds}`);
      assert.ok(secondsLeft! <= 260 && secondsLeft! > 200, String(secondsLeft));
      assert.deepEqual(failures, [
        { arm: failing.arm, seed: failing.seed, attempts: 1, error: "expected a finite loss, got NaN" },
      ]);
      assert.match(begun!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(await sqlStatus(connection, "another"), []);
      await store.close();
    });

    test("a result comes back number by number and in its own order", async () => {
      await emptied();
      const [probabilities, denseProbabilities] = [
        [
          [0.1 + 0.2, 5e-324, 1 / 3],
          [1, 1e-17, 0.5],
        ],
        [
          [0.7, 0.2, 0.1],
          [0, 1, 0],
        ],
      ];
      const { arm, seed } = runs[0];
      const record = {
        arm,
        seed,
        seconds: 1e-7,
        steps: 3,
        trainLoss: 2 ** -40,
        probabilities,
        denseProbabilities,
        crossProbabilities: { x: probabilities },
      };
      const result = { ...storedRun(runs[0]), record } as unknown as StoredRun;
      const store = await opened();
      await store.claim("a");
      await store.finish(runs[0], "a", result);
      const [found] = await store.finished();
      assert.deepEqual(found, result);
      const { probabilities: _, denseProbabilities: __, crossProbabilities: ___, ...rest } = record;
      const { probabilities: _p, denseProbabilities: _d, crossProbabilities: _c, ...foundRest } = found.record;
      assert.equal(JSON.stringify(foundRest), JSON.stringify(rest));
      await store.close();
    });

    test("what is done again since its answer was lost counts once", async () => {
      await emptied();
      const store = await opened(forgetful(connection));
      const held = (await store.claim("a"))!;
      const log = store.log(held);
      await log.append(note("one"), note("two"));
      await log.append(note("three"));
      assert.deepEqual(await texts(log), ["one", "two", "three"]);
      assert.equal(await store.finish(held, "a", storedRun(held)), true);
      assert.equal(await store.finish(held, "a", storedRun(held)), false);
      await store.close();
      const later = await opened();
      assert.deepEqual(await later.finished(), [storedRun(held)]);
      await later.close();
    });

    test("a finished run's checkpoints go, a run whose worker lost it keeps them", async () => {
      await emptied();
      const store = await opened();
      const run = (await store.claim("a"))!;
      mkdirSync(store.checkpoints(run), { recursive: true });
      writeFileSync(join(store.checkpoints(run), "checkpoint-7.crisp"), "CRISPCK2 and more");
      assert.equal(await store.finish(run, "another", storedRun(run)), false);
      assert.ok(existsSync(store.checkpoints(run)));
      await store.finish(run, "a", storedRun(run));
      assert.ok(!existsSync(store.checkpoints(run)));
      await store.close();
    });

    test("a run whose checkpoints would lie among somebody's own files is given back, and the files stay", async () => {
      await emptied();
      const store = await opened();
      const mine = join(store.checkpoints(runs[0]), "checkpoint-7.crisp");
      mkdirSync(store.checkpoints(runs[0]), { recursive: true });
      writeFileSync(mine, "a thesis");
      await assert.rejects(store.claim("a"), { code: "file/not-own" });
      assert.equal(readFileSync(mine, "utf8"), "a thesis");
      rmSync(mine);
      assert.deepEqual(await store.claim("b"), runs[0]);
      await store.close();
    });

    test("where a run was saved is known until it is finished", async () => {
      await emptied();
      const store = await opened();
      const run = (await store.claim("a"))!;
      const locations = () => connection.query<{ location: string }>("SELECT location FROM crisp.artifacts");
      await store.log(run).append({ type: "saved", path: "/shared/checkpoint-3.crisp", step: 3 });
      assert.deepEqual(await locations(), [{ location: "/shared/checkpoint-3.crisp" }]);
      await store.finish(run, "a", storedRun(run));
      assert.deepEqual(await locations(), []);
      await store.close();
    });

    test("tables are brought forward once, however many come at once, and never backward", async () => {
      const more = [...MIGRATIONS, ["CREATE TABLE crisp.later (number integer)"]];
      await Promise.all([migrate(connection, more), migrate(connection, more), migrate(connection, more)]);
      await assert.rejects(migrate(connection), { code: "database/newer", message: /Update Crisp on this machine/ });
      await connection.query("DROP TABLE crisp.later");
      await connection.query("DELETE FROM crisp.migrations WHERE number > $1", [MIGRATIONS.length]);
    });
  });
}
