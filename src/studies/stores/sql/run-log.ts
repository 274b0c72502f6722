import { type LogEvent, type LoggedEvent, logLine, type RunLog } from "../../../runs/index.ts";
import type { Sql } from "./connection.ts";

/**
 * A run's log as rows, one an event.
 *
 * They are numbered within an attempt, so that a worker that lost its run without knowing it is in nobody's way, and an event that is
 * sent twice is there once.
 *
 * @param attempt - Which claim of the run it is that writes; 0 before the first.
 */
export function runLog(sql: Sql, study: string, name: string, attempt: number): RunLog {
  let next: number | undefined;
  const key = [study, name];
  return {
    async append(...events: readonly LogEvent[]) {
      const now = new Date();
      next ??= await following(sql, key, attempt);
      await sql.query(
        `INSERT INTO crisp.events (run, attempt, sequence, event)
         SELECT run, $3, $4::integer + at - 1, event
         FROM crisp.runs, jsonb_array_elements($5::jsonb) WITH ORDINALITY AS given (event, at)
         WHERE study = $1 AND name = $2
         ON CONFLICT DO NOTHING`,
        [...key, attempt, next, `[${events.map((event) => logLine(event, now)).join(",")}]`],
      );
      next += events.length;
      const saved = events.findLast((event) => event.type === "saved");
      if (saved) await keepLocation(sql, key, saved.path);
    },
    async *read() {
      const rows = await sql.query<{ event: LoggedEvent }>(
        `SELECT event FROM crisp.events JOIN crisp.runs USING (run) WHERE study = $1 AND name = $2 ORDER BY attempt, sequence`,
        key,
      );
      for (const { event } of rows) yield event;
    },
  };
}

async function following(sql: Sql, key: readonly string[], attempt: number): Promise<number> {
  const [{ next }] = await sql.query<{ next: number }>(
    `SELECT coalesce(max(sequence), 0) + 1 AS next FROM crisp.events JOIN crisp.runs USING (run)
     WHERE study = $1 AND name = $2 AND attempt = $3`,
    [...key, attempt],
  );
  return next;
}

const keepLocation = (sql: Sql, key: readonly string[], location: string) =>
  sql.query(
    `INSERT INTO crisp.artifacts (run, kind, location) SELECT run, 'checkpoint', $3 FROM crisp.runs WHERE study = $1 AND name = $2
     ON CONFLICT (run, kind) DO UPDATE SET location = excluded.location`,
    [...key, location],
  );
