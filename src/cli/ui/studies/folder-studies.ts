import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RunRecord } from "../../../runs/index.ts";
import type { RunKey, StudyResults } from "../../../studies/index.ts";
import { logName, type StudyFile } from "../../../studies/index-node.ts";
import { growingRun } from "../live/run-state.ts";
import { lastEvents } from "../live/tail.ts";
import { holderOf, readJsonFile, studyIn } from "../read-run.ts";
import { isPlain, type Root } from "../root.ts";
import { finishedCell, keyOf, type StudyCell, type StudyExtras, type StudySource, stateOf } from "./study-source.ts";

/** Studies in folders, by their files. */
export const folderStudies = (root: Root): StudySource => ({
  place: (path) => ({ folder: root.place(path) }),
  count: async (path) => countRuns(root.place(path)),
  async read(path) {
    const folder = root.place(path);
    const state = await readStudy(root, folder);
    return { ...state, ...extrasOf(root, path, folder, state.done === state.total) };
  },
});

/** Whether a folder's study can be stopped: it has runs to do, and its process is known. */
export function stoppable(root: Root, folder: string): ReturnType<typeof holderOf> {
  const { done, all } = countRuns(folder);
  return done < all ? holderOf(root, { study: { path: "", folder } }) : undefined;
}

function countRuns(folder: string): { readonly done: number; readonly all: number } {
  const file = studyIn(folder);
  const names = Object.keys(file.ids);
  return { done: names.filter((name) => isDone(folder, file, name)).length, all: names.length };
}

const resultOf = (folder: string, name: string): string => join(folder, "runs", `${name}.json`);
const isDone = (folder: string, { replaces }: StudyFile, name: string): boolean =>
  !replaces.includes(name) && isPlain(resultOf(folder, name));

function extrasOf(root: Root, path: string, folder: string, isWhole: boolean): StudyExtras {
  // several studies of one command have one report, above them
  const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const report = [path, ...(path === "" ? [] : [above])].find((each) =>
    root.has([each, "report.html"].filter(Boolean).join("/")),
  );
  return {
    ...(report !== undefined && { report }),
    ...(isWhole && { results: readJsonFile(join(folder, "results.json")) as StudyResults | undefined }),
    canStop: stoppable(root, folder) !== undefined,
    runPath: (name) => `${path === "" ? "" : `${path}/`}runs/${name}`,
  };
}

async function readStudy(root: Root, folder: string) {
  const file = studyIn(folder);
  const alive = holderOf(root, { study: { path: "", folder } }) !== undefined;
  const cells: (RunKey & { readonly cell: StudyCell })[] = [];
  for (const name of Object.keys(file.ids)) cells.push({ ...keyOf(name), cell: await cellOf(folder, file, name, alive) });
  return stateOf(file, cells);
}

async function cellOf(folder: string, file: StudyFile, name: string, alive: boolean): Promise<StudyCell> {
  if (isDone(folder, file, name)) return summaryOf(resultOf(folder, name));
  const log = join(folder, "runs", logName(name, file.overwritten));
  const events = isPlain(log) ? await lastEvents(log) : [];
  const run = growingRun();
  run.add(events);
  const { word, step, steps, message } = run.state(alive);
  const seconds = word === "running" ? (Date.now() - Date.parse(events[0].time)) / 1000 : undefined;
  return { word, message, seconds, ...(steps > 0 && { share: step / steps }) };
}

/** Results never change, and each is large; by file, with its time. */
const summaries = new Map<string, { readonly mtimeMs: number; readonly summary: StudyCell }>();
const MOST_SUMMARIES = 100_000;

function summaryOf(file: string): StudyCell {
  const { mtimeMs } = statSync(file);
  const known = summaries.get(file);
  if (known?.mtimeMs === mtimeMs) return known.summary;
  const { record } = (readJsonFile(file) ?? {}) as { readonly record?: RunRecord };
  const summary = finishedCell(record);
  if (summaries.size > MOST_SUMMARIES) summaries.clear();
  summaries.set(file, { mtimeMs, summary });
  return summary;
}

/** A study's facts, and the records of all its finished runs. */
export function recordsOf(folder: string): { readonly facts: StudyFile; readonly records: readonly RunRecord[] } {
  const facts = studyIn(folder);
  const done = Object.keys(facts.ids).filter((name) => isDone(folder, facts, name));
  const records = done.map(
    (name) => (JSON.parse(readFileSync(resultOf(folder, name), "utf8")) as { readonly record: RunRecord }).record,
  );
  return { facts, records };
}
