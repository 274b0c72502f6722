import { expectedGot } from "../../../errors/index.ts";
import { runName, type StudyHeader } from "../store.ts";
import type { Sql } from "./connection.ts";

/** Add the runs that are new, in the order that is asked for now. */
export async function keepRuns(sql: Sql, { study, runs }: StudyHeader): Promise<void> {
  await sql.query(
    `INSERT INTO crisp.runs (study, position, name, id, arm, seed)
     SELECT $1, position, name, id, arm, seed
     FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS asked (name, id, arm, seed, position)
     ON CONFLICT (study, name) DO UPDATE SET position = excluded.position WHERE runs.position <> excluded.position`,
    [study, runs.map(runName), runs.map(({ id }) => id), runs.map(({ arm }) => arm), runs.map(({ seed }) => seed)],
  );
}

/** Let runs that failed too often be tried again. */
export const retryFailed = (sql: Sql, { study }: StudyHeader) =>
  sql.query("UPDATE crisp.runs SET state = 'waiting', failures = 0 WHERE study = $1 AND state = 'failed'", [study]);

/** @throws `study/not-begun`, `study/other-study` where it has not all runs of the header, or, if it is to be `whole`, others too. */
export async function checkJoined(sql: Sql, name: string, { study, runs }: StudyHeader, whole: boolean): Promise<void> {
  const begun = await sql.query<{ name: string }>("SELECT name FROM crisp.runs WHERE study = $1 ORDER BY position", [study]);
  if (begun.length === 0) {
    const others = await sql.query<{ study: string }>("SELECT study FROM crisp.studies ORDER BY begun DESC LIMIT 5");
    const got = others.length === 0 ? "no study at all" : `only ${others.map((other) => other.study).join(", ")}`;
    const hint = "Begin it with crisp study and the same --database, or name it with --study.";
    throw expectedGot("study/not-begun", name, `the study ${study}`, got, hint);
  }
  const hint = "A worker gets the same data, model and options as crisp study did.";
  const refuse = (expected: string, got: string) =>
    expectedGot("study/other-study", `study ${study} in ${name}`, expected, got, hint);
  const names = new Set(begun.map((run) => run.name));
  const unknown = runs.find((run) => !names.has(runName(run)));
  if (unknown) throw refuse("runs that the study has", runName(unknown));
  const own = new Set(runs.map(runName));
  const missing = whole && begun.find((run) => !own.has(run.name));
  if (missing) throw refuse("all runs of the study, as its choice follows from them", `a part without ${missing.name}`);
}
