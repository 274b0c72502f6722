import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { lockHolder } from "../../files/index-node.ts";
import { HttpError } from "../../server/index-node.ts";
import { logName, readStudyFile, type StudyFile } from "../../studies/index-node.ts";
import { newestLog } from "./find.ts";
import { growingRun, type RunState } from "./live/run-state.ts";
import { lastEvents } from "./live/tail.ts";
import { isPlain, type Root } from "./root.ts";

/** Where the files of a run are. */
export interface RunPlace {
  /** As addresses name it. */
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** Of a training: its folder. */
  readonly folder?: string;
  /** Of a study's run: the folder of its study, and its result, where it has one that is not to be replaced. */
  readonly study?: { readonly path: string; readonly folder: string; readonly result?: string };
  /** May not be there yet. */
  readonly log: string;
}

/** A path of an address; the root itself is `.`. */
export const pathIn = (text: string | undefined): string => (text === undefined || text === "." ? "" : text);

const STUDY_RUN = /^((?:.*\/)?)runs\/([^/]+\.seed-\d+)$/;

/** @throws HttpError 404 `ui/not-found` where there is no run. */
export async function findRun(root: Root, path: string): Promise<RunPlace> {
  const [, above, name] = STUDY_RUN.exec(path) ?? [];
  if (name !== undefined) {
    const studyPath = above.replace(/\/$/, "");
    const folder = root.place(studyPath);
    const file = studyIn(folder);
    const [result, log] = [`runs/${name}.json`, `runs/${logName(name, file.overwritten)}`];
    for (const each of [result, log]) {
      const inside = [studyPath, each].filter(Boolean).join("/");
      // what is there must be no link; what is not there yet may come
      if (existsSync(join(folder, each))) root.place(inside);
    }
    if (!(name in file.ids)) throw noRun(path);
    const kept = file.replaces.includes(name) ? undefined : join(folder, result);
    return { path, name, study: { path: studyPath, folder, result: kept }, log: join(folder, log) };
  }
  const folder = root.place(path);
  const log = await newestLog(folder);
  if (log === undefined && !root.has([path, "crisp.json"].filter(Boolean).join("/"))) throw noRun(path);
  const file = log ?? "checkpoints/run.log.jsonl";
  if (existsSync(join(folder, file))) root.place([path, file].filter(Boolean).join("/"));
  return { path, name: path === "" ? basename(folder) : path, folder, log: join(folder, file) };
}

const noRun = (path: string): HttpError =>
  new HttpError(404, expectedGot("ui/not-found", "the request", "a run below the folder of crisp ui", path));

/** @throws HttpError 404 `ui/not-found` where there is none. */
export function studyIn(folder: string): StudyFile {
  const file = readStudyFile(folder);
  if (file) return file;
  throw new HttpError(404, expectedGot("ui/not-found", "the request", "a study below the folder of crisp ui", basename(folder)));
}

/** The process that works on a run, where this machine knows that it lives: a study may be one of several in a locked folder. */
export function holderOf(root: Root, { folder, study }: Pick<RunPlace, "folder" | "study">) {
  const own = folder ?? study!.folder;
  const holder = lockHolder(own);
  return holder || folder !== undefined || own === root.folder ? holder : lockHolder(dirname(own));
}

/** Whether the process of a run lives: `train()` in a program of one's own locks the folder of checkpoints alone. */
export const isAlive = (root: Root, place: RunPlace): boolean =>
  holderOf(root, place) !== undefined || lockHolder(dirname(place.log)) !== undefined;

/** How a run stands, by the end of its log alone. */
export async function shortState(root: Root, place: RunPlace): Promise<Omit<RunState, "course">> {
  const run = growingRun();
  run.add(await lastEvents(place.log));
  const state = run.state(isAlive(root, place));
  const finished = place.folder !== undefined && existsSync(join(place.folder, "crisp.json"));
  return state.word === "waiting" && finished ? { ...state, word: "finished" } : state;
}

/** A file of JSON; undefined where it is not there, is a link, or is none. */
export function readJsonFile(file: string): unknown {
  if (!isPlain(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
