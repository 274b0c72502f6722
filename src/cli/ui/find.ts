import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FOLDER_LOCK } from "../../files/index-node.ts";

/** Something that has a page. */
export interface Found {
  /** From the root, with `/`: of a training, a study or an audit its folder, of a study's run `<study>/runs/<arm>.seed-<n>`. */
  readonly path: string;
  readonly kind: Kind;
  /** When its log, or what it left, was last written to. */
  readonly changedMs: number;
  /** A lock is there; whether its process lives is another question. */
  readonly locked: boolean;
}

export const KINDS = ["training", "study", "run of a study", "audit"] as const;
export type Kind = (typeof KINDS)[number];

export interface WalkLimits {
  /** Folders below each other. */
  readonly depth: number;
  /** Folders that are looked into. */
  readonly folders: number;
}

export const WALK_LIMITS: WalkLimits = { depth: 10, folders: 200_000 };

/** Folders that are read at once. */
const AT_ONCE = 16;
/** Of other programs, and what Crisp has inside a run. */
const PASSED = new Set(["node_modules", "checkpoints", "tensorboard", "onnx", "adapter", "database"]);
export const RUN_LOG = "run.log.jsonl";
const RUN_FILE = /^(.+\.seed-\d+)(?:\.json|(?:\.\d+)?\.log\.jsonl)$/;

/**
 * All trainings, studies, runs of studies and audits below a folder, in no order.
 *
 * No link is followed; folders that cannot be read are passed.
 *
 * @param onFolder - Told how many folders were looked into.
 * @returns Whether all was seen; false where a limit ended it.
 */
export async function walk(
  folder: string,
  onFound: (found: Found) => void,
  { limits = WALK_LIMITS, onFolder = () => {} }: { limits?: WalkLimits; onFolder?: (count: number) => void } = {},
): Promise<boolean> {
  let level: Place[] = [{ path: "", locked: false }];
  let [looked, whole] = [0, true];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.depth) return false;
    const next: Place[] = [];
    for (let at = 0; at < level.length; at += AT_ONCE) {
      const room = Math.min(AT_ONCE, limits.folders - looked);
      whole &&= room === AT_ONCE || level.length - at <= room;
      const places = level.slice(at, at + room);
      looked += places.length;
      if (places.length === 0) return false;
      for (const inside of await Promise.all(places.map((place) => look(folder, place, onFound)))) next.push(...inside);
      onFolder(looked);
    }
    level = next;
  }
  return whole;
}

/** A folder to look at; studies of one command are locked by the folder above them. */
interface Place {
  readonly path: string;
  readonly locked: boolean;
}

/** Looks at one folder; returns those inside it that are worth a look. */
async function look(root: string, { path, locked: above }: Place, onFound: (found: Found) => void): Promise<Place[]> {
  const entries = await entriesOf(join(root, path));
  const names = new Map(entries.map((entry) => [entry.name, entry]));
  const locked = names.has(FOLDER_LOCK);
  if (names.get("audit.json")?.isFile()) {
    onFound({ path, kind: "audit", changedMs: await changed(join(root, path, "audit.json")), locked });
  }
  const isStudy = names.get("study.json")?.isFile() === true;
  if (isStudy) await lookAtStudy(root, path, locked || above, onFound);
  else if (names.get("crisp.json")?.isFile() || names.get("checkpoints")?.isDirectory()) {
    const log = await newestLog(join(root, path));
    const sign = log ?? (names.has("crisp.json") ? "crisp.json" : undefined);
    if (sign !== undefined) {
      onFound({ path, kind: "training", changedMs: await changed(join(root, path, sign)), locked });
    }
  }
  return entries.flatMap((entry) =>
    entry.isDirectory() && !entry.name.startsWith(".") && !PASSED.has(entry.name) && !(isStudy && entry.name === "runs")
      ? [{ path: inside(path, entry.name), locked }]
      : [],
  );
}

async function lookAtStudy(root: string, path: string, locked: boolean, onFound: (found: Found) => void): Promise<void> {
  const latest = new Map<string, number>();
  const runs = inside(path, "runs");
  const files = (await entriesOf(join(root, runs))).filter((entry) => entry.isFile());
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const some = files.slice(at, at + AT_ONCE).map(async ({ name }) => {
      const run = RUN_FILE.exec(name)?.[1];
      if (run === undefined) return;
      const changedMs = await changed(join(root, runs, name));
      latest.set(run, Math.max(changedMs, latest.get(run) ?? 0));
    });
    await Promise.all(some);
  }
  let newest = await changed(join(root, path, "study.json"));
  for (const [name, changedMs] of latest) {
    newest = Math.max(newest, changedMs);
    onFound({ path: inside(runs, name), kind: "run of a study", changedMs, locked });
  }
  onFound({ path, kind: "study", changedMs: newest, locked });
}

/**
 * The log of the newest run in a training's folder, by its path inside: a run that overwrote another one has `checkpoints/2`, and so on.
 *
 * A run that has no update yet has only its command there; undefined where there is neither.
 */
export async function newestLog(folder: string): Promise<string | undefined> {
  const entries = await entriesOf(join(folder, "checkpoints"));
  const numbers = entries.filter((entry) => entry.isDirectory() && /^[1-9]\d*$/.test(entry.name)).map(({ name }) => Number(name));
  for (const number of numbers.sort((a, b) => b - a)) {
    const place = `checkpoints/${number}`;
    if ((await entriesOf(join(folder, place))).some(isSign)) return `${place}/${RUN_LOG}`;
  }
  return entries.some(isSign) ? `checkpoints/${RUN_LOG}` : undefined;
}

const isSign = (entry: Dirent): boolean => entry.isFile() && (entry.name === RUN_LOG || entry.name === "command.json");

const inside = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/** Nothing of a folder that is a link, is gone or may not be read. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await lstat(folder)).isDirectory() ? await readdir(folder, { withFileTypes: true }) : [];
  } catch {
    return [];
  }
}

/** 0 where it is not there yet. */
async function changed(file: string): Promise<number> {
  try {
    return (await lstat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
