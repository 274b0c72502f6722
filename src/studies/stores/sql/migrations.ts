import { expectedGot } from "../../../errors/index.ts";
import type { Connection } from "./connection.ts";

/**
 * How the tables came to be: each list of statements is applied once, in order, and never edited afterwards.
 *
 * `runs` is narrow, as all claims, beats and counts go over it; results, which are wide, have a table of their own.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE crisp.studies (
       study text PRIMARY KEY,
       corpus text NOT NULL,
       plan jsonb NOT NULL,
       options jsonb NOT NULL,
       command text NOT NULL,
       begun timestamptz NOT NULL DEFAULT now())`,
    // two arms of the same content have the same id, so that a run's name is its key
    `CREATE TABLE crisp.runs (
       run bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
       study text NOT NULL REFERENCES crisp.studies ON DELETE CASCADE,
       name text NOT NULL,
       id text NOT NULL,
       arm text NOT NULL,
       seed bigint NOT NULL,
       position integer NOT NULL,
       state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
       worker text,
       attempts integer NOT NULL DEFAULT 0,
       failures integer NOT NULL DEFAULT 0,
       error text,
       begun timestamptz,
       heartbeat timestamptz,
       finished timestamptz,
       PRIMARY KEY (study, name)) WITH (fillfactor = 70)`,
    "CREATE INDEX runs_in_order ON crisp.runs (study, position) WHERE state <> 'done'",
    // its key is what makes a result one that is recorded once; json, not jsonb, keeps its text, so that all stores give the same files
    `CREATE TABLE crisp.results (
       run bigint PRIMARY KEY REFERENCES crisp.runs (run) ON DELETE CASCADE,
       call uuid NOT NULL,
       result json NOT NULL)`,
    `CREATE TABLE crisp.predictions (
       run bigint REFERENCES crisp.runs (run) ON DELETE CASCADE,
       kind text,
       classes integer NOT NULL,
       probabilities bytea NOT NULL,
       PRIMARY KEY (run, kind))`,
    `CREATE TABLE crisp.events (
       run bigint REFERENCES crisp.runs (run) ON DELETE CASCADE,
       attempt integer,
       sequence integer,
       event jsonb NOT NULL,
       PRIMARY KEY (run, attempt, sequence))`,
    `CREATE TABLE crisp.artifacts (
       run bigint REFERENCES crisp.runs (run) ON DELETE CASCADE,
       kind text,
       location text NOT NULL,
       PRIMARY KEY (run, kind))`,
  ],
];

/** Any number will do, as long as it is the same for all who migrate. */
const LOCK = 0x63726973;

/**
 * Bring the tables, all in the schema `crisp`, to what this version knows; workers that come at once wait for each other.
 *
 * @throws `database/newer` where a later version of Crisp was there.
 */
export async function migrate(connection: Connection, migrations = MIGRATIONS): Promise<void> {
  await connection.transaction(async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await sql.query("CREATE SCHEMA IF NOT EXISTS crisp");
    await sql.query(
      "CREATE TABLE IF NOT EXISTS crisp.migrations (number integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())",
    );
    const [{ last }] = await sql.query<{ last: number }>("SELECT coalesce(max(number), 0) AS last FROM crisp.migrations");
    if (last > migrations.length) {
      const got = `tables of a later one (${last})`;
      const hint = "Update Crisp on this machine.";
      throw expectedGot("database/newer", connection.name, `tables of this version of Crisp (${migrations.length})`, got, hint);
    }
    for (const [at, statements] of migrations.entries()) {
      if (at < last) continue;
      for (const statement of statements) await sql.query(statement);
      await sql.query("INSERT INTO crisp.migrations (number) VALUES ($1)", [at + 1]);
    }
  });
}
