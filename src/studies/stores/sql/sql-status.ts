import { type StudyStatus, secondsLeft, type WorkerStatus } from "../status.ts";
import type { Sql } from "./connection.ts";

/** Failures that are told; more of them have the same cause. */
const MOST_FAILURES = 20;

interface Counts {
  readonly study: string;
  readonly begun: string;
  readonly done: number;
  readonly running: number;
  readonly waiting: number;
  readonly failed: number;
  readonly mean: number | null;
}

/**
 * How all studies of a database stand, by its own clock, the latest first.
 *
 * @param study - Only this one.
 */
export async function sqlStatus(sql: Sql, study?: string): Promise<StudyStatus[]> {
  const only = [study ?? null];
  const counts = await sql.query<Counts>(
    `SELECT s.study, to_char(s.begun AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begun,
       count(*) FILTER (WHERE state = 'done')::integer AS done,
       count(*) FILTER (WHERE state = 'running')::integer AS running,
       count(*) FILTER (WHERE state = 'waiting')::integer AS waiting,
       count(*) FILTER (WHERE state = 'failed')::integer AS failed,
       avg(extract(epoch FROM finished - r.begun)) FILTER (WHERE state = 'done')::float8 AS mean
     FROM crisp.studies AS s JOIN crisp.runs AS r USING (study)
     WHERE $1::text IS NULL OR study = $1 GROUP BY s.study ORDER BY s.begun DESC, s.study`,
    only,
  );
  const workers = await sql.query<WorkerStatus & { study: string }>(
    `SELECT study, worker, arm, seed::float8 AS seed, extract(epoch FROM now() - begun)::float8 AS seconds,
       extract(epoch FROM now() - heartbeat)::float8 AS "silentSeconds"
     FROM crisp.runs WHERE state = 'running' AND ($1::text IS NULL OR study = $1) ORDER BY worker`,
    only,
  );
  const failures = await sql.query<StudyStatus["failures"][number] & { study: string }>(
    `SELECT study, arm, seed::float8 AS seed, attempts, error FROM crisp.runs
     WHERE state <> 'done' AND failures > 0 AND ($1::text IS NULL OR study = $1) ORDER BY study, position LIMIT $2`,
    [...only, MOST_FAILURES],
  );
  return counts.map(({ mean, ...count }) => {
    const own = ofStudy(workers, count.study);
    return {
      ...count,
      workers: own,
      failures: ofStudy(failures, count.study),
      secondsLeft: secondsLeft(mean, count.waiting, own),
    };
  });
}

/** Rows of one study. */
const ofStudy = <Row extends { readonly study: string }>(rows: readonly Row[], study: string): Omit<Row, "study">[] =>
  rows.flatMap(({ study: of, ...row }) => (of === study ? [row] : []));
