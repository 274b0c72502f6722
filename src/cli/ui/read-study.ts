import { existsSync } from "node:fs";
import { join } from "node:path";
import { studyIn } from "./read-run.ts";

/** Runs of a study that have a result, and all that it was asked for. */
export function countRuns(folder: string): { readonly done: number; readonly all: number } {
  const { ids, replaces } = studyIn(folder);
  const names = Object.keys(ids);
  const done = names.filter((name) => !replaces.includes(name) && existsSync(join(folder, "runs", `${name}.json`)));
  return { done: done.length, all: names.length };
}
