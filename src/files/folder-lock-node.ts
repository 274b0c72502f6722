import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { checkWritable, sweepTemporaryFiles } from "./atomic-file-node.ts";
import {
  attempt,
  type Found,
  isHeld,
  type Lock,
  type LockSettings,
  look,
  preparedFor,
  rmdirIfEmpty,
  unlinkIfThere,
} from "./lock-node.ts";
import { isOfEarlierBoot, lifeOf, lifeOfTag, PROCESS_TAG, type ProcessId, thisProcess } from "./process-node.ts";
import { explain } from "./system-error-node.ts";

/** The lock of a folder, inside it. */
export const FOLDER_LOCK = ".crisp.lock";

export interface FolderLockSettings extends LockSettings {
  /** How long a lock that seems dead is watched for a beat before it is taken over. */
  readonly watchMs: number;
}

/** A training may keep its thread busy for minutes while it writes; other machines cannot see that it lives. */
const FOLDER_SETTINGS: FolderLockSettings = { lockBeatMs: 5000, staleLockMs: 300_000, watchMs: 20_000 };

/**
 * Keep a folder for this process alone, until `release` or its end.
 *
 * A lock whose owner is known to be gone is taken over at once. One of another machine is taken over when the disk's own clock says that
 * its owner has been silent for minutes, and it then stays so while it is watched; so no clock that jumps ends a lock that is held.
 *
 * What killed processes have left in it half-written is removed.
 *
 * @param folder - Made where it is missing, and removed again by `release` if it is then empty.
 * @param options.code - Of the error when another process holds it, e.g. `study/busy`.
 * @param options.what - What needs the folder for itself, for the message, e.g. `training`.
 * @throws `options.code` at once, naming the other process; what `checkWritable` throws.
 * @example
 * const lock = lockFolder("tickets-model", { code: "file/busy", what: "training" });
 */
export function lockFolder(
  folder: string,
  {
    code,
    what,
    settings = FOLDER_SETTINGS,
  }: { readonly code: string; readonly what: string; readonly settings?: FolderLockSettings },
): Lock {
  try {
    const made = !existsSync(folder);
    checkWritable(folder);
    const path = join(folder, FOLDER_LOCK);
    const lock = attempt(path, settings.lockBeatMs, (found) => seemsDead(path, found, settings), made ? folder : undefined);
    if ("pid" in lock) {
      const hint = `Wait for it, or choose another folder. If it is gone, remove ${path}.`;
      throw expectedGot(code, folder, `no other ${what} in this folder`, `process ${lock.pid} on ${lock.host}`, hint);
    }
    sweepPrepared(folder);
    sweepTemporaryFiles(folder);
    return lock;
  } catch (error) {
    throw explain(error, folder);
  }
}

/** Whether this process holds a folder's lock, and has not lost it. */
export const holdsLock = (folder: string): boolean => existsSync(folder) && isHeld(join(realpathSync(folder), FOLDER_LOCK));

/**
 * The process of this machine that holds a folder's lock now; undefined where none does, and of a process that cannot be known to live.
 *
 * @returns Its number, and what tells this lock from a later one of the same folder.
 */
export function lockHolder(folder: string): { readonly pid: number; readonly token: string } | undefined {
  const owner = look(join(folder, FOLDER_LOCK))?.owner;
  return owner && lifeOf(owner) === "lives" ? { pid: owner.pid, token: owner.token } : undefined;
}

/**
 * Make sure that no other process has taken a folder over, e.g. as this one was stopped for long; any thread may ask.
 *
 * @throws `file/busy`, naming the other process.
 */
export function checkNotTaken(folder: string): void {
  const owner = look(join(folder, FOLDER_LOCK))?.owner;
  const own = thisProcess();
  if (!owner || (Object.keys(own) as (keyof ProcessId)[]).every((key) => owner[key] === own[key])) return;
  const got = `process ${owner.pid} on ${owner.host}, which took it over`;
  throw expectedGot(
    "file/busy",
    folder,
    "this process alone to write here",
    got,
    "What was written before is there; start again elsewhere.",
  );
}

/**
 * Of a machine's own lock from before it was started again, or of one that has been silent for long: watched, as only what happens
 * from now on needs no clock.
 */
function seemsDead(path: string, found: Found, { staleLockMs, watchMs, lockBeatMs }: FolderLockSettings): boolean {
  if (!isOfEarlierBoot(found.owner)) {
    const quietMs = diskTime(path) - found.touchedMs;
    if (quietMs >= 0 && quietMs < staleLockMs) return false;
  }
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const start = performance.now(); performance.now() - start < watchMs; ) {
    Atomics.wait(pause, 0, 0, Math.min(lockBeatMs, watchMs));
    if (look(path)?.beat !== found.beat) return false;
  }
  return true;
}

/** What the clock says that stamps a lock's files: on a network disk not this machine's. */
function diskTime(path: string): number {
  const probe = preparedFor(path, randomBytes(8).toString("hex"));
  mkdirSync(probe);
  try {
    return statSync(probe).mtimeMs;
  } finally {
    rmdirIfEmpty(probe);
  }
}

const PREPARED = new RegExp(`^\\.crisp\\.lock\\.(${PROCESS_TAG})-([0-9a-f]{16})$`);

/** Remove what killed processes have left of locks that they were about to take. */
function sweepPrepared(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, tag, token] = PREPARED.exec(name) ?? [];
    if (token === undefined || lifeOfTag(tag) !== "gone") continue;
    unlinkIfThere(join(folder, name, token));
    rmdirIfEmpty(join(folder, name));
  }
}
