import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { accuracy, argmax } from "../../metrics/index.ts";
import type { RunRecord } from "../../runs/index.ts";
import { reachedLook, runName, type StudyResults, secondsLeft } from "../../studies/index.ts";
import { logName, type StudyFile } from "../../studies/index-node.ts";
import { growingRun, type StateWord } from "./live/run-state.ts";
import { lastEvents } from "./live/tail.ts";
import { holderOf, readJsonFile, studyIn } from "./read-run.ts";
import { isPlain, type Root } from "./root.ts";

/** One run of a study's table. */
export interface StudyCell {
  readonly word: StateWord;
  /** Of a finished run, in [0, 1], on the reported split. */
  readonly accuracy?: number;
  /** Of training alone. */
  readonly seconds?: number;
  /** Updates done, in [0, 1]. */
  readonly share?: number;
  readonly message?: string;
}

export interface StudyState {
  readonly file: StudyFile;
  readonly arms: readonly string[];
  readonly seeds: readonly number[];
  cell(arm: string, seed: number): StudyCell;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number | null;
  /** The last look of its plan that is reached. */
  readonly look: number | null;
  /** As the study wrote them at its end. */
  readonly results?: StudyResults;
}

/** Runs of a study that have a result, and all that it was asked for. */
export function countRuns(folder: string): { readonly done: number; readonly all: number } {
  const file = studyIn(folder);
  const names = Object.keys(file.ids);
  return { done: names.filter((name) => isDone(folder, file, name)).length, all: names.length };
}

const resultOf = (folder: string, name: string): string => join(folder, "runs", `${name}.json`);
const isDone = (folder: string, { replaces }: StudyFile, name: string): boolean =>
  !replaces.includes(name) && isPlain(resultOf(folder, name));

/** How a study stands, by its files. */
export async function readStudy(root: Root, folder: string): Promise<StudyState> {
  const file = studyIn(folder);
  const keys = Object.keys(file.ids).map((name) => {
    const at = name.lastIndexOf(".seed-");
    return { name, arm: name.slice(0, at), seed: Number(name.slice(at + ".seed-".length)) };
  });
  const alive = holderOf(root, { study: { path: "", folder, result: "" } }) !== undefined;
  const cells = new Map<string, StudyCell>();
  const workers: { seconds: number }[] = [];
  for (const { name } of keys) {
    if (isDone(folder, file, name)) {
      cells.set(name, { word: "finished", ...summaryOf(resultOf(folder, name)) });
      continue;
    }
    const log = join(folder, "runs", logName(name, file.overwritten));
    const events = isPlain(log) ? await lastEvents(log) : [];
    const run = growingRun();
    run.add(events);
    const { word, step, steps, message } = run.state(alive);
    cells.set(name, { word, message, ...(steps > 0 && { share: step / steps }) });
    if (word === "running") workers.push({ seconds: (Date.now() - Date.parse(events[0].time)) / 1000 });
  }
  const finished = [...cells.values()].filter(({ word }) => word === "finished");
  const mean = finished.length === 0 ? null : finished.reduce((sum, { seconds = 0 }) => sum + seconds, 0) / finished.length;
  const arms = [...new Set(keys.map(({ arm }) => arm))];
  const done = finished.length;
  return {
    file,
    arms,
    seeds: [...new Set(keys.map(({ seed }) => seed))],
    cell: (arm, seed) => cells.get(runName({ arm, seed })) ?? { word: "waiting" },
    ...{ done, total: keys.length, secondsLeft: secondsLeft(mean, keys.length - done - workers.length, workers) },
    look: reachedLook(file.plan, arms, (arm, seed) => cells.get(runName({ arm, seed }))?.word === "finished"),
    results: done === keys.length ? (readJsonFile(join(folder, "results.json")) as StudyResults | undefined) : undefined,
  };
}

type Summary = Pick<StudyCell, "accuracy" | "seconds">;
/** Results never change, and each is large; by file, with its time. */
const summaries = new Map<string, { readonly mtimeMs: number; readonly summary: Summary }>();
const MOST_SUMMARIES = 100_000;

function summaryOf(file: string): Summary {
  const { mtimeMs } = statSync(file);
  const known = summaries.get(file);
  if (known?.mtimeMs === mtimeMs) return known.summary;
  const { record } = (readJsonFile(file) ?? {}) as { readonly record?: RunRecord };
  const summary = record ? { accuracy: accuracy(record.probabilities.map(argmax), record.labels), seconds: record.seconds } : {};
  if (summaries.size > MOST_SUMMARIES) summaries.clear();
  summaries.set(file, { mtimeMs, summary });
  return summary;
}

/** Records of all finished runs of a study. */
export function recordsOf(folder: string): RunRecord[] {
  const file = studyIn(folder);
  const done = Object.keys(file.ids).filter((name) => isDone(folder, file, name));
  return done.map((name) => (JSON.parse(readFileSync(resultOf(folder, name), "utf8")) as { readonly record: RunRecord }).record);
}
