import type { LoggedEvent } from "../../../runs/index.ts";
import type { RunKey, StudyHeader } from "../store.ts";
import type { Sql } from "./connection.ts";
import { type PackedPredictions, rowsOf } from "./predictions.ts";

/** A study of a database, as a list of them shows it. */
export interface ListedStudy {
  readonly study: string;
  /** Runs. */
  readonly done: number;
  readonly running: number;
  readonly all: number;
  /** Of its last sign of life, in milliseconds since 1970. */
  readonly changedMs: number;
}

export const sqlStudies = (sql: Sql): Promise<readonly ListedStudy[]> =>
  sql.query(
    `SELECT study, count(*) FILTER (WHERE state = 'done')::integer AS done, count(*) FILTER (WHERE state = 'running')::integer AS running,
       count(*)::integer AS all,
       (1000 * extract(epoch FROM max(greatest(s.begun, r.begun, heartbeat, finished))))::float8 AS "changedMs"
     FROM crisp.studies AS s JOIN crisp.runs AS r USING (study) GROUP BY study ORDER BY study`,
  );

/** One run of a study in a database. */
export interface RunProgress extends RunKey {
  readonly id: string;
  /** Its number, which no other run of the database ever gets. */
  readonly run: string;
  /** `failed` ones failed too often to be tried again by themselves. */
  readonly state: "waiting" | "running" | "done" | "failed";
  /** Of one that runs: since it was taken, and since its last sign of life. */
  readonly seconds: number | null;
  readonly silentSeconds: number | null;
  /** Of one that runs: updates done, in [0, 1]; null before the first. */
  readonly share: number | null;
  /** What its last try threw. */
  readonly error: string | null;
}

export interface StudyProgress extends Omit<StudyHeader, "runs"> {
  /** In their order. */
  readonly runs: readonly RunProgress[];
}

/**
 * How one study stands, run by run, by the database's own clock; undefined where there is none of that name.
 *
 * @param name - Only the run of this name, see `runName`; there may be none.
 */
export async function sqlProgress(sql: Sql, study: string, name?: string): Promise<StudyProgress | undefined> {
  const [header] = await sql.query<Omit<StudyHeader, "runs">>(
    "SELECT study, corpus, plan, options, command FROM crisp.studies WHERE study = $1",
    [study],
  );
  if (!header) return undefined;
  const runs = await sql.query<RunProgress>(
    `SELECT arm, seed::float8 AS seed, id, run::text AS run, state, error,
       CASE WHEN state = 'running' THEN extract(epoch FROM now() - begun)::float8 END AS seconds,
       CASE WHEN state = 'running' THEN extract(epoch FROM now() - heartbeat)::float8 END AS "silentSeconds",
       CASE WHEN state = 'running' THEN (
         SELECT (event->>'step')::float8 / nullif((event->>'steps')::float8, 0) FROM crisp.events
         WHERE run = r.run AND event->>'type' = 'step' ORDER BY attempt DESC, sequence DESC LIMIT 1) END AS share
     FROM crisp.runs AS r WHERE study = $1 AND ($2::text IS NULL OR name = $2) ORDER BY position`,
    [study, name ?? null],
  );
  return { ...header, runs };
}

/** An event of a run's log, and its place there: the claim of the run that wrote it, and its number within that. */
export interface PlacedEvent {
  readonly attempt: number;
  readonly sequence: number;
  readonly event: LoggedEvent;
}

/**
 * A run's log, in order.
 *
 * @param run - See `RunProgress`.
 * @param after - Only what stands behind it; left out, all.
 */
export const sqlEvents = (sql: Sql, run: string, after?: Omit<PlacedEvent, "event">): Promise<readonly PlacedEvent[]> =>
  sql.query(
    `SELECT attempt, sequence, event FROM crisp.events WHERE run = $1::bigint AND (attempt, sequence) > ($2::integer, $3::integer)
     ORDER BY attempt, sequence`,
    [run, after?.attempt ?? -1, after?.sequence ?? 0],
  );

/** What a finished run answered on the reported split, attention as trained. */
export interface RunAnswers {
  /** See `runName`. */
  readonly name: string;
  /** Of training alone. */
  readonly seconds: number;
  readonly labels: readonly number[];
  /** [examples][C] */
  readonly probabilities: readonly (readonly number[])[];
}

/** Answers of those of some runs of a study that are finished, in no order; less than `finished` reads of them. */
export async function sqlAnswers(sql: Sql, study: string, names: readonly string[]): Promise<RunAnswers[]> {
  const rows = await sql.query<Omit<RunAnswers, "probabilities"> & Pick<PackedPredictions, "classes" | "probabilities">>(
    `SELECT name, (result->'record'->>'seconds')::float8 AS seconds, result->'record'->'labels' AS labels, classes, probabilities
     FROM crisp.runs JOIN crisp.results USING (run) JOIN crisp.predictions USING (run)
     WHERE study = $1 AND name = ANY ($2::text[]) AND kind = 'trained'`,
    [study, names],
  );
  return rows.map(({ classes, probabilities, ...row }) => ({ ...row, probabilities: rowsOf(probabilities, classes) }));
}
