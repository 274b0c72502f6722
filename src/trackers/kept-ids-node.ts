import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { jsonBytes, writeAtomically } from "../files/index-node.ts";

/** Beside the checkpoints of a run: what its trackers call it. */
const IDS_FILE = "tracking.json";

interface KeptIds {
  readonly crisp: "tracking";
  /** Ids by tracker, by run. */
  readonly runs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Whether a file in a folder of checkpoints has the name of kept ids. */
export const isKeptIds = (name: string): boolean => name === IDS_FILE;

/**
 * Ids by tracker that a run has got; none where nothing is kept.
 *
 * @throws `file/not-own` where somebody else's file has its name.
 */
export const keptIds = (folder: string, run: string): Readonly<Record<string, string>> => read(folder).runs[run] ?? {};

/** Keep an id in a folder, which is made. @throws as `keptIds`; as `writeAtomically`. */
export function keepId(folder: string, run: string, tracker: string, id: string): void {
  mkdirSync(folder, { recursive: true });
  const { runs } = read(folder);
  const kept: KeptIds = { crisp: "tracking", runs: { ...runs, [run]: { ...runs[run], [tracker]: id } } };
  writeAtomically(join(folder, IDS_FILE), [jsonBytes(kept)]);
}

/** Forget the ids of a folder; somebody else's file of that name stays. */
export function removeKeptIds(folder: string): void {
  try {
    read(folder);
  } catch {
    return;
  }
  rmSync(join(folder, IDS_FILE), { force: true });
}

function read(folder: string): KeptIds {
  const path = join(folder, IDS_FILE);
  if (!existsSync(path) && lstatSync(path, { throwIfNoEntry: false }) === undefined) return { crisp: "tracking", runs: {} };
  let found: Partial<KeptIds> | null = null;
  try {
    // Crisp makes no links
    if (lstatSync(path).isFile()) found = JSON.parse(readFileSync(path, "utf8")) as Partial<KeptIds> | null;
  } catch {
    // said below
  }
  if (found?.crisp === "tracking" && typeof found.runs === "object") return found as KeptIds;
  const hint = "Move it away, or choose another folder.";
  throw expectedGot("file/not-own", path, "no file, or the ids of a run's trackers", "one that Crisp did not write", hint);
}
