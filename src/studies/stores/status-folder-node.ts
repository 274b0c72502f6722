import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { FOLDER_LOCK } from "../../files/index-node.ts";
import type { LoggedEvent, RunRecord } from "../../runs/index.ts";
import { type StudyStatus, secondsLeft } from "./status.ts";
import { logName, readStudyFile, type StudyFile } from "./store-folder-node.ts";

/**
 * How the studies of an output folder stand, by the files there: its own, and those of the folders in it.
 *
 * A run counts as running while the folder is locked, its log is not ended and it has no result; its last sign of life is the last
 * event of its log.
 *
 * @throws `study/none` where there is no study.
 */
export function folderStatus(folder: string): StudyStatus[] {
  const inside = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  const studies = [folder, ...inside.map(({ name }) => join(folder, name)).sort()].flatMap((place) => {
    const file = readStudyFile(place);
    const locked = [place, folder].some((at) => existsSync(join(at, FOLDER_LOCK)));
    return file ? [statusOf(place, file, locked)] : [];
  });
  if (studies.length > 0) return studies;
  const hint = "Give the --output_dir of crisp study, or --database for a study in a database.";
  throw expectedGot("study/none", folder, "a folder with a study", "none", hint);
}

function statusOf(folder: string, { study, ids, replaces, overwritten }: StudyFile, locked: boolean): StudyStatus {
  const now = Date.now();
  const runs = Object.keys(ids).map((name) => {
    const result = join(folder, "runs", `${name}.json`);
    const done = !replaces.includes(name) && existsSync(result);
    const seconds = done ? (JSON.parse(readFileSync(result, "utf8")) as { readonly record: RunRecord }).record.seconds : null;
    return { name, done, seconds, ...(done ? {} : lastOf(join(folder, "runs", logName(name, overwritten)))) };
  });
  const open = runs.filter(({ done }) => !done);
  const running = open.filter(({ last }) => locked && last && !["finished", "stopped", "failed"].includes(last.type));
  const workers = running.map(({ name, first, changed }) => ({
    worker: "this folder's process",
    ...keyOf(name),
    seconds: (now - Date.parse(first!.time)) / 1000,
    silentSeconds: Math.max(0, (now - changed!) / 1000),
  }));
  const done = runs.filter((run) => run.done);
  const mean = done.length === 0 ? null : done.reduce((sum, { seconds }) => sum + seconds!, 0) / done.length;
  const waiting = open.length - running.length;
  return {
    ...{ study, done: done.length, running: running.length, waiting, failed: 0, workers },
    failures: open.flatMap(({ name, last }) =>
      last?.type === "failed" ? [{ ...keyOf(name), attempts: 1, error: last.message }] : [],
    ),
    secondsLeft: secondsLeft(mean, waiting, workers),
  };
}

/** First event of the last try, last event, and when that was written; nothing where there is no log. */
function lastOf(path: string): { readonly first?: LoggedEvent; readonly last?: LoggedEvent; readonly changed?: number } {
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  if (lines.length === 0) return {};
  const started = lines.findLast((line) => line.includes('"type":"started"')) ?? lines[0];
  return { first: JSON.parse(started), last: JSON.parse(lines.at(-1)!), changed: statSync(path).mtimeMs };
}

/** A run's arm and seed, from its name. */
function keyOf(name: string): { readonly arm: string; readonly seed: number } {
  const at = name.lastIndexOf(".seed-");
  return { arm: name.slice(0, at), seed: Number(name.slice(at + ".seed-".length)) };
}
