import { expectedGot } from "../../../errors/index.ts";
import type { RunRecord } from "../../../runs/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import { runName } from "../../../studies/index.ts";
import {
  type Connection,
  type ListedStudy,
  type RunProgress,
  type StudyProgress,
  sqlAnswers,
  sqlProgress,
  sqlStore,
  sqlStudies,
} from "../../../studies/index-node.ts";
import type { Found } from "../find.ts";
import { answered, openCell, pathOfStudy, studyOf } from "./database.ts";
import { finishedCell, type StudyCell, type StudyFacts, type StudySource, stateOf } from "./study-source.ts";

/** The studies of a database, for the list and for their pages. */
export interface DatabaseStudies extends StudySource {
  /** Of the database, without a password. */
  readonly name: string;
  /** As the list shows them; while the database is lost, as they were, with what is wrong. */
  list(): Promise<{ readonly found: readonly Found[]; readonly problem?: string }>;
  close(): Promise<void>;
}

/** The list, which has rows of the folder, too, is waited for less long than a page. */
const LIST_MS = 3000;
/** The list is not asked for more often. */
const OLD_MS = 1000;
const MOST_SUMMARIES = 100_000;
/** Probabilities of so many runs are read at once. */
const RUNS_AT_ONCE = 100;

/** @param connection - As `connectStudies` gives it; closed with these. */
export function databaseStudies(connection: Connection): DatabaseStudies {
  const { name } = connection;
  let listed: readonly ListedStudy[] = [];
  let [askedAt, problem] = [Number.NEGATIVE_INFINITY, undefined as string | undefined];
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    try {
      listed = await answered(name, sqlStudies(connection), LIST_MS);
      problem = undefined;
    } catch (error) {
      problem = (error as Error).message;
    }
    [askedAt, asking] = [performance.now(), undefined];
  };
  const summaries = new Map<string, StudyCell>();
  const summarise = async (study: string, runs: readonly RunProgress[]): Promise<void> => {
    const names = runs.filter((run) => run.state === "done" && !summaries.has(summaryKey(study, run))).map(runName);
    if (summaries.size > MOST_SUMMARIES) summaries.clear();
    const byName = new Map(runs.map((run) => [runName(run), run]));
    for (let at = 0; at < names.length; at += RUNS_AT_ONCE) {
      for (const { name: run, ...answers } of await sqlAnswers(connection, study, names.slice(at, at + RUNS_AT_ONCE)))
        summaries.set(summaryKey(study, byName.get(run)!), finishedCell(answers));
    }
  };
  const read: StudySource["read"] = async (path) => {
    const study = studyOf(path);
    const progress = await sqlProgress(connection, study);
    if (!progress) throw noStudy(name, study);
    const { runs } = progress;
    await summarise(study, runs);
    const cells = runs.map(({ arm, seed, ...run }) => ({
      ...{ arm, seed },
      cell: run.state === "done" ? (summaries.get(summaryKey(study, { arm, seed, ...run })) ?? finishedCell()) : openCell(run),
    }));
    return { ...stateOf(factsOf(progress), cells), canStop: false, runPath: (run) => `${path}/runs/${run}` };
  };
  return {
    name,
    place: (path) => ({ study: studyOf(path) }),
    read: (path) => answered(name, read(path)),
    async count(path) {
      const found = listed.find(({ study }) => study === studyOf(path));
      if (!found) throw noStudy(name, studyOf(path));
      return found;
    },
    async list() {
      if (performance.now() - askedAt > OLD_MS) await (asking ??= ask());
      const found = listed.map(({ study, running, changedMs }) => ({
        ...{ path: pathOfStudy(study), kind: "study" as const, changedMs, locked: running > 0 },
      }));
      return { found, ...(problem !== undefined && { problem }) };
    },
    close: () => connection.close(),
  };
}

/** A study's facts, and the records of its finished runs at the first `look` seeds of its plan. */
export async function recordsIn(
  connection: Connection,
  study: string,
  look: number,
): Promise<{ readonly facts: StudyFacts; readonly records: readonly RunRecord[] }> {
  const progress = await sqlProgress(connection, study);
  if (!progress) throw noStudy(connection.name, study);
  const seeds = new Set(progress.plan.seeds.slice(0, look));
  // nothing is claimed, so that there are no checkpoints
  const store = sqlStore(connection, { checkpoints: "" });
  const runs = progress.runs.filter(({ state, seed }) => state === "done" && seeds.has(seed));
  return { facts: factsOf(progress), records: (await store.finished({ study, runs })).map(({ record }) => record) };
}

const factsOf = ({ runs, ...header }: StudyProgress): StudyFacts => ({
  ...header,
  ids: Object.fromEntries(runs.map((run) => [runName(run), run.id])),
});

const summaryKey = (study: string, run: RunProgress): string => JSON.stringify([study, runName(run), run.id]);

const noStudy = (name: string, study: string): HttpError =>
  new HttpError(404, expectedGot("ui/not-found", "the request", `a study in ${name}`, study));
