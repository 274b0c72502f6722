import { expectedGot } from "../../../errors/index.ts";
import { checkpointPlace } from "../../../training/index-node.ts";
import {
  type AskedRuns,
  type RunKey,
  runName,
  type StoredRun,
  type StudyHeader,
  type StudyPlan,
  type StudyRun,
  type StudyStore,
  settleStudy,
} from "../store.ts";
import type { Connection, Sql } from "./connection.ts";
import { checkJoined, keepRuns, retryFailed } from "./kept-runs.ts";
import { type PackedPredictions, packed, unpacked } from "./predictions.ts";
import { runLog } from "./run-log.ts";

export interface SqlStoreOptions {
  /** Folder, or `s3://bucket/prefix`, for the checkpoints of unfinished runs, one all workers see; one that sees none of a run begins it anew. */
  readonly checkpoints: string;
  /** Told of checkpoints that have served and could not be removed. */
  readonly onNote?: (text: string) => void;
  /** A run is another's after so long without a sign of life, in seconds; default 60. */
  readonly lostAfterSeconds?: number;
  /** Work on a study that somebody else began, and change nothing about it; default false. */
  readonly join?: boolean;
  /** With `join`: refuse a study that has runs beside those of the header; default false, as a worker may do a part of them. */
  readonly whole?: boolean;
  /** With `join`: where nobody began the study, begin it by this plan, and add the runs that it lacks. */
  readonly beginsBy?: StudyPlan;
}

/** Without a sign of life for longer, a worker has lost its run; see `SqlStoreOptions`. */
export const LOST_AFTER_SECONDS = 60;
/** A run that fails everywhere must not stop every worker there is. */
const MOST_FAILURES = 3;

/**
 * A study in a database, which any number of processes on any number of machines work on.
 *
 * Claims are rows that are locked and changed in one statement (`FOR UPDATE SKIP LOCKED`), so that nobody waits for another's. Only the
 * database's clock decides what is lost, and the time that it was down itself counts for nobody. A run whose worker throws goes to
 * others, at most 3 times until the study is opened again, other than to join it.
 *
 * @param connection - See `openDatabase`; it stays open when the store is closed.
 */
export const sqlStore = (connection: Connection, options: SqlStoreOptions): StudyStore => new SqlStore(connection, options);

interface Claim {
  readonly worker: string;
  readonly attempt: number;
}

class SqlStore implements StudyStore {
  readonly #connection: Connection;
  readonly #options: SqlStoreOptions;
  #header!: StudyHeader;
  /** Of the header. */
  #arms: readonly string[] = [];
  #seeds: readonly number[] = [];
  /** Of this process, by run's name. */
  readonly #claims = new Map<string, Claim>();

  constructor(connection: Connection, options: SqlStoreOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async open(header: StudyHeader): Promise<StudyPlan> {
    const { study, corpus, plan, options, command, runs } = header;
    await this.#checkPlace([]);
    const { join: joins = false, whole = false, beginsBy } = this.#options;
    const holds = await this.#connection.transaction(async (sql) => {
      if (joins && !beginsBy) await checkJoined(sql, this.#connection.name, header, whole);
      await sql.query(
        `INSERT INTO crisp.studies (study, corpus, plan, options, command) VALUES ($1, $2, $3::jsonb, $4::jsonb, $5)
         ON CONFLICT DO NOTHING`,
        [study, corpus, JSON.stringify(beginsBy ?? plan), JSON.stringify(options), command],
      );
      const [found] = await sql.query<{ plan: StudyPlan }>("SELECT plan FROM crisp.studies WHERE study = $1 FOR UPDATE", [study]);
      const before = await sql.query<{ name: string; id: string; done: boolean }>(
        "SELECT name, id, state = 'done' AS done FROM crisp.runs WHERE study = $1",
        [study],
      );
      const ids = Object.fromEntries(before.map(({ name, id }) => [name, id]));
      const anyFinished = before.some(({ done }) => done);
      const hint = 'Give the study another name ("study" in its spec), or the same data, model and options as the others have.';
      const kept = settleStudy(
        `study ${study} in ${this.#connection.name}`,
        { plan: found.plan, ids },
        header,
        anyFinished,
        hint,
      );
      if (!anyFinished && !joins) {
        await sql.query(
          "UPDATE crisp.studies SET corpus = $2, plan = $3::jsonb, options = $4::jsonb, command = $5 WHERE study = $1",
          [...[study, corpus, JSON.stringify(kept.plan), JSON.stringify(options), command]],
        );
      }
      if (!joins || runs.some((run) => !(runName(run) in ids))) await keepRuns(sql, header);
      if (!joins) await retryFailed(sql, header);
      if (this.#connection.exclusive) {
        await sql.query("UPDATE crisp.runs SET state = 'waiting', worker = NULL WHERE study = $1 AND state = 'running'", [study]);
      }
      return joins ? found.plan : kept.plan;
    });
    this.#header = header;
    [this.#arms, this.#seeds] = axesOf(runs);
    return holds;
  }

  async claim(worker: string): Promise<StudyRun | undefined> {
    const [claimed] = await this.#connection.query<StudyRun & { attempts: number }>(
      `UPDATE crisp.runs
       SET state = 'running', worker = $2, begun = now(), heartbeat = now(), attempts = attempts + 1
       WHERE study = $1 AND name = (
         SELECT name FROM crisp.runs
         WHERE study = $1 AND arm = ANY ($3::text[]) AND seed = ANY ($4::bigint[]) AND state <> 'done'
           AND (state = 'waiting' OR state = 'running' AND ${LAST_SIGN} < now() - make_interval(secs => $5))
         ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING arm, seed::float8 AS seed, id, attempts`,
      [this.#header.study, worker, this.#arms, this.#seeds, this.#options.lostAfterSeconds ?? LOST_AFTER_SECONDS],
    );
    if (!claimed) return undefined;
    const { attempts, arm, seed, id } = claimed;
    const run = { arm, seed, id };
    this.#claims.set(runName(run), { worker, attempt: attempts });
    try {
      await this.#checkPlace([this.checkpoints(run)]);
    } catch (error) {
      await this.release(run, worker, (error as Error).message);
      throw error;
    }
    return run;
  }

  async beat(run: StudyRun, worker: string): Promise<boolean> {
    const beaten = await this.#connection.query(`UPDATE crisp.runs SET heartbeat = now() WHERE ${MINE} RETURNING run`, [
      ...this.#mine(run, worker),
    ]);
    return beaten.length > 0;
  }

  async othersAtWork(): Promise<boolean> {
    const others = await this.#connection.query(
      `SELECT name FROM crisp.runs
       WHERE study = $1 AND arm = ANY ($2::text[]) AND seed = ANY ($3::bigint[]) AND state = 'running' AND NOT name = ANY ($4::text[])
       LIMIT 1`,
      [this.#header.study, this.#arms, this.#seeds, [...this.#claims.keys()]],
    );
    return others.length > 0;
  }

  async release(run: StudyRun, worker: string, failure?: string): Promise<void> {
    const failed = failure === undefined ? 0 : 1;
    await this.#connection.query(
      `UPDATE crisp.runs
       SET state = CASE WHEN failures + $4 >= $5 THEN 'failed' ELSE 'waiting' END,
         failures = failures + $4, error = coalesce($6, error), worker = NULL
       WHERE ${MINE}`,
      [...this.#mine(run, worker), failed, MOST_FAILURES, failure],
    );
    if (this.#claims.get(runName(run))?.worker === worker) this.#claims.delete(runName(run));
  }

  async finish(run: StudyRun, worker: string, done: StoredRun): Promise<boolean> {
    const { result, predictions } = packed(done);
    // tells this call, done again since its answer was lost, from another one
    const call = crypto.randomUUID();
    const recorded = await this.#connection.transaction(async (sql) => {
      const [row] = await sql.query<{ run: string }>(
        `UPDATE crisp.runs SET state = 'done', finished = now(), error = NULL WHERE ${MINE} RETURNING run::text AS run`,
        this.#mine(run, worker),
      );
      if (!row) return this.#wasRecorded(sql, call);
      await sql.query("INSERT INTO crisp.results (run, call, result) VALUES ($1, $2, $3::json)", [
        row.run,
        call,
        JSON.stringify(result),
      ]);
      for (const { kind, classes, probabilities } of predictions) {
        await sql.query("INSERT INTO crisp.predictions (run, kind, classes, probabilities) VALUES ($1, $2, $3, $4)", [
          ...[row.run, kind, classes, probabilities],
        ]);
      }
      await sql.query("DELETE FROM crisp.artifacts WHERE run = $1 AND kind = 'checkpoint'", [row.run]);
      return true;
    });
    this.#claims.delete(runName(run));
    if (recorded) await this.#clearCheckpoints(run);
    return recorded;
  }

  async #wasRecorded(sql: Sql, call: string): Promise<boolean> {
    return (await sql.query("SELECT run FROM crisp.results WHERE call = $1", [call])).length > 0;
  }

  checkpoints(run: StudyRun): string {
    return this.#checkpointsOf(this.#header.study, run);
  }

  log(run: StudyRun) {
    const name = runName(run);
    return runLog(this.#connection, this.#header.study, name, this.#claims.get(name)?.attempt ?? 0);
  }

  async finished({ study, runs }: AskedRuns = this.#header): Promise<readonly StoredRun[]> {
    const asked = [study, ...axesOf(runs)];
    const results = await this.#connection.query<{ name: string; id: string; run: string; result: unknown }>(
      `SELECT name, id, run::text AS run, result FROM crisp.results JOIN crisp.runs USING (run) WHERE ${ASKED}`,
      asked,
    );
    const predictions = new Map<string, PackedPredictions[]>(results.map(({ run }) => [run, []]));
    const rows = await this.#connection.query<PackedPredictions & { run: string }>(
      `SELECT run::text AS run, kind, classes, probabilities FROM crisp.predictions JOIN crisp.runs USING (run) WHERE ${ASKED}`,
      asked,
    );
    // a run that was finished in between has predictions alone
    for (const row of rows) predictions.get(row.run)?.push(row);
    const byName = new Map(results.map((row) => [row.name, row]));
    return runs.flatMap((asked) => {
      const found = byName.get(runName(asked));
      return found?.id === asked.id ? [checked(unpacked(found.result, predictions.get(found.run)!), asked)] : [];
    });
  }

  async close(): Promise<void> {
    const left = [...this.#claims];
    this.#claims.clear();
    const free = `UPDATE crisp.runs SET state = 'waiting', worker = NULL WHERE ${MINE}`;
    for (const [name, { worker }] of left) {
      // where the database is away, they are lost and found as those of a killed worker
      await this.#connection.query(free, [this.#header.study, name, worker]).catch(() => {});
    }
  }

  #mine = (run: RunKey, worker: string): readonly unknown[] => [this.#header.study, runName(run), worker];
  /** @throws as `CheckpointPlace.check`. */
  #checkPlace(runs: readonly string[]): Promise<void> {
    const { checkpoints } = this.#options;
    return checkpointPlace(checkpoints).check(checkpoints, runs);
  }

  #checkpointsOf(study: string, run: RunKey): string {
    const { checkpoints } = this.#options;
    return checkpointPlace(checkpoints).below(checkpoints, study, runName(run));
  }

  /** The result is kept by now: a place that does not answer takes nothing away from it. */
  async #clearCheckpoints(run: RunKey): Promise<void> {
    const where = this.#checkpointsOf(this.#header.study, run);
    try {
      await checkpointPlace(where).clear(where);
    } catch (error) {
      this.#options.onNote?.(`${(error as Error).message} Checkpoints of a finished run stay in ${where}.`);
    }
  }
}

/** A run that this worker has, by the first three values. */
const MINE = "study = $1 AND name = $2 AND worker = $3 AND state = 'running'";
/** Runs that are asked for: all of their arms with all of their seeds. */
const ASKED = "study = $1 AND arm = ANY ($2::text[]) AND seed = ANY ($3::bigint[])";
const axesOf = (runs: readonly RunKey[]): [arms: string[], seeds: number[]] => [
  [...new Set(runs.map(({ arm }) => arm))],
  [...new Set(runs.map(({ seed }) => seed))],
];
/** While the database was down nobody could give a sign. */
const LAST_SIGN = "greatest(heartbeat, pg_postmaster_start_time())";

function checked(found: StoredRun, { arm, seed }: RunKey): StoredRun {
  const { record } = found;
  if (record?.arm === arm && record.seed === seed && found.maps && found.runtime) return found;
  throw expectedGot("study/corrupt", "the database", `a run of ${arm} with seed ${seed}`, "something else");
}
