import { expectedGot } from "../../../errors/index.ts";
import { type Html, html } from "../../../report/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import { runName, type StoredRun } from "../../../studies/index.ts";
import {
  type Connection,
  type PlacedEvent,
  type RunProgress,
  sqlEvents,
  sqlProgress,
  sqlStore,
} from "../../../studies/index-node.ts";
import { type GrowingRun, growingRun, type RunState } from "../live/run-state.ts";
import { settingsOfStudyRun } from "../read-settings.ts";
import { answered, openCell, pathOfStudy, studyOf } from "../studies/database.ts";
import type { RunSource, ShownRun } from "./run-source.ts";
import { answersOf, finishedState, missingUpdates } from "./study-result.ts";

const RUN_PATH = /^(.+)\/runs\/([^/]+\.seed-\d+)$/;

/** Logs that stay in memory: whoever asks again for a run that goes on reads what is new alone. */
const MOST_LOGS = 16;
/** Seconds between two looks of a page at a run that goes on. */
const AGAIN = 2;

/** Runs of the studies of a database, by their rows. */
export function databaseRuns(connection: Connection): RunSource {
  const { name } = connection;
  const logOf = growingLogs(connection);
  // nothing is claimed, so that there are no checkpoints
  const store = sqlStore(connection, { checkpoints: "" });
  const open = async (path: string) => {
    const [, studyPath, asked] = RUN_PATH.exec(path) ?? [];
    const study = studyPath === undefined ? "" : studyOf(studyPath);
    const progress = asked === undefined ? undefined : await sqlProgress(connection, study, asked);
    const [run] = progress?.runs ?? [];
    if (!progress || !run) throw new HttpError(404, expectedGot("ui/not-found", "the request", `a run in ${name}`, path));
    const done = run.state === "done";
    const [result] = done ? await store.finished({ study, runs: [run] }) : [];
    const state = stateOf(run, await logOf(run), result);
    const shown: ShownRun = {
      place: { path, name: runName(run), study: { path: studyPath } },
      ...{ state, settings: settingsOfStudyRun(progress, run, result) },
    };
    return { shown, run, result };
  };
  const view: RunSource["view"] = async (path) => {
    const { shown, run, result } = await open(path);
    const more = run.state === "waiting" || run.state === "running";
    return {
      ...shown,
      ...(more && { follow: { again: AGAIN } }),
      ...answersOf(result),
      ...{ report: false, model: false, actions: html`` },
      notes: [...(result ? missingUpdates(shown.state, result, pathOfStudy) : []), NOT_KEPT],
    };
  };
  return {
    read: (path) =>
      answered(
        name,
        open(path).then(({ shown }) => shown),
      ),
    view: (path) => answered(name, view(path)),
  };
}

const NOT_KEPT: Html = html`A database keeps neither the texts nor the model of a run. Texts on which arms differ stand in the study's report, in the output folder of <code>crisp study</code>.`;

/** The word is that of the study's table, by the run's row: its log may end before, or go on behind another worker's. */
function stateOf(run: RunProgress, log: GrowingRun, result: StoredRun | undefined): RunState {
  if (result) return finishedState(log.state(false), result);
  const { word, message } = openCell(run);
  return { ...log.state(word === "running"), word, message };
}

/** Logs of runs, by the run's number. */
function growingLogs(connection: Connection): (run: RunProgress) => Promise<GrowingRun> {
  interface ReadLog {
    readonly log: GrowingRun;
    readonly last?: PlacedEvent;
  }
  const logs = new Map<string, Promise<ReadLog>>();
  const readOn = async ({ log, last }: ReadLog, run: string): Promise<ReadLog> => {
    const events = await sqlEvents(connection, run, last);
    log.add(events.map(({ event }) => event));
    return { log, last: events.at(-1) ?? last };
  };
  return async ({ run }) => {
    // one after the other, so that no event counts twice
    const before = logs.get(run) ?? Promise.resolve({ log: growingRun() });
    const now = before.then((read) => readOn(read, run));
    logs.delete(run);
    logs.set(run, now);
    for (const old of [...logs.keys()].slice(0, -MOST_LOGS)) logs.delete(old);
    try {
      return (await now).log;
    } catch (error) {
      // the next one begins anew
      if (logs.get(run) === now) logs.delete(run);
      throw error;
    }
  };
}
