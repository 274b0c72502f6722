import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { lifeOf, type ProcessId, processTag, thisProcess } from "./process-node.ts";

/** A lock that this process holds. */
export interface Lock {
  /** True once another process has taken it over, since this one showed no life for too long. */
  readonly lost: boolean;
  /** Does nothing when it was released or lost before. Where the lock cannot be removed, it ends with the process. */
  release(): void;
}

/** How a lock is kept. */
export interface LockSettings {
  /** How often the owner says that it is alive. */
  readonly lockBeatMs: number;
  /** A lock without a sign of life for this long is taken over, unless its owner is known to live. */
  readonly staleLockMs: number;
}

export interface LockOptions {
  readonly settings: LockSettings & { readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void> };
  readonly signal?: AbortSignal;
  /** What the lock is waited for; once it is true, no lock is needed. */
  readonly isDone: () => boolean;
  /** Called once when somebody else has held it for half a second. */
  readonly onWait?: () => void;
}

/** Who holds a lock, as its file says. */
export interface Owner extends ProcessId {
  readonly token: string;
}

/** A lock as it was found. */
export interface Found {
  readonly owner: Owner;
  /** Changes with each beat: how many there were, and when the last one was by the clock of the disk. */
  readonly beat: string;
  readonly touchedMs: number;
}

/** Says of a lock whose owner's life nobody here can know whether it is dead. */
export type Judge = (found: Found) => boolean;

/** Waits between looks at somebody else's lock. */
const [SHORTEST_LOOK_MS, LONGEST_LOOK_MS] = [20, 500];
/** A wait shorter than this is not worth a word. */
const WORTH_A_WORD_MS = 500;
/** What a rename onto a lock that is held fails with; where the permission were missing, nothing could be made beside it either. */
const HELD = new Set(process.platform === "win32" ? ["EPERM", "EACCES", "EEXIST"] : ["ENOTEMPTY", "EEXIST"]);

/**
 * Take a lock, or wait for it.
 *
 * Node has no `flock`, which Python's library uses; so the lock has a name of its own and saves double work among our own processes.
 *
 * Whether an owner on another machine lives, the beats tell: it is gone when none comes for `staleLockMs` of waiting. Clocks are not
 * compared, as those of two machines differ, and any may be set.
 *
 * @param path - Of the lock; its folder is made.
 * @returns undefined as soon as `isDone()`.
 */
export async function takeLock(path: string, { settings, signal, isDone, onWait }: LockOptions): Promise<Lock | undefined> {
  let since: number | undefined = performance.now();
  let last = { beat: "", at: 0 };
  const isSilent: Judge = ({ beat }) => {
    if (beat !== last.beat) last = { beat, at: performance.now() };
    return performance.now() - last.at > settings.staleLockMs;
  };
  for (let look = SHORTEST_LOOK_MS; !isDone(); look = Math.min(LONGEST_LOOK_MS, 2 * look)) {
    signal?.throwIfAborted();
    const lock = attempt(path, settings.lockBeatMs, isSilent);
    if (!("pid" in lock)) return lock;
    if (since !== undefined && performance.now() - since > WORTH_A_WORD_MS) {
      since = undefined;
      onWait?.();
    }
    await settings.sleep(look, signal);
  }
  return undefined;
}

/**
 * A lock is a folder that holds one file, named by its owner's token; the file grows by a byte with each beat.
 *
 * It is made under another name and takes its own in one rename, which fails where there is one that is not empty. Whoever ends it, the
 * owner or somebody who takes it over, removes that file by its name, and so can never end a newer lock than the one it has looked at.
 */
export function attempt(path: string, beatMs: number, isDead: Judge, madeFolder?: string): Lock | Owner {
  const token = randomBytes(8).toString("hex");
  mkdirSync(dirname(path), { recursive: true });
  while (true) {
    const found = look(path);
    if (found) {
      const life = lifeOf(found.owner);
      if (life === "lives" || (life === "unknown" && !isDead(found))) return found.owner;
      unlinkIfThere(join(path, found.owner.token));
    }
    if (claim(path, { ...thisProcess(), token })) break;
  }
  return holding(join(realpathSync(dirname(path)), basename(path)), token, beatMs, madeFolder);
}

/** Undefined where there is none. */
export function look(path: string): Found | undefined {
  try {
    const [token] = readdirSync(path);
    if (token === undefined) return undefined;
    const file = join(path, token);
    const { mtimeMs, size } = statSync(file);
    return { owner: { ...ownerIn(readFileSync(file, "utf8")), token }, beat: `${token} ${size} ${mtimeMs}`, touchedMs: mtimeMs };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ENOTDIR") throw error;
    throw expectedGot("file/not-own", path, "nothing, or a lock of Crisp, which is a folder", "a file", "Move it away.");
  }
}

const UNKNOWN: ProcessId = { pid: 0, host: "an unknown machine" };

/** After a power cut a file may be empty. */
export function ownerIn(text: string): ProcessId {
  try {
    return { ...UNKNOWN, ...(JSON.parse(text) as ProcessId) };
  } catch {
    return UNKNOWN;
  }
}

/** Names the process, so that what it left there when it was killed can be told from what another one is just making. */
export const preparedFor = (path: string, token: string): string => `${path}.${processTag()}-${token}`;

function claim(path: string, owner: Owner): boolean {
  const prepared = preparedFor(path, owner.token);
  mkdirSync(prepared);
  try {
    writeFileSync(join(prepared, owner.token), JSON.stringify(owner));
    // Windows renames onto nothing only
    rmdirIfEmpty(path);
    renameSync(prepared, path);
    return true;
  } catch (error) {
    unlinkIfThere(join(prepared, owner.token));
    rmdirIfEmpty(prepared);
    if (HELD.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** Locks of this process by their tokens, to release when it ends. */
const held = new Map<string, { readonly path: string; readonly release: () => void; readonly lost: () => boolean }>();
const releaseAll = (): void => {
  for (const { release } of [...held.values()]) release();
};

/** Whether this process holds the lock of a path, and has not lost it. */
export const isHeld = (path: string): boolean => [...held.values()].some((lock) => lock.path === path && !lock.lost());

function holding(path: string, token: string, beatMs: number, madeFolder?: string): Lock {
  const file = join(path, token);
  let lost = false;
  const beating = setInterval(() => {
    try {
      beat(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") lost = true;
    }
  }, beatMs);
  // a lock alone is no reason to keep a process alive
  beating.unref();
  const release = (): void => {
    clearInterval(beating);
    held.delete(token);
    if (held.size === 0) process.off("exit", releaseAll);
    try {
      if (!unlinkIfThere(file)) return;
    } catch {
      // a disk that has become read-only; the lock ends with this process, and what failed before is worth more words
      return;
    }
    rmdirIfEmpty(path);
    if (madeFolder !== undefined) rmdirIfEmpty(madeFolder);
  };
  if (held.size === 0) process.on("exit", releaseAll);
  held.set(token, { path, release, lost: () => lost });
  return {
    get lost() {
      return lost;
    },
    release,
  };
}

/** JSON may end with spaces. Where the disk is full, the time alone says it. */
function beat(file: string): void {
  const lock = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(lock, " ");
  } catch {
    utimesSync(file, new Date(), new Date());
  } finally {
    closeSync(lock);
  }
}

/** @returns whether this call removed it. */
export function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

export function rmdirIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // gone, or somebody's by now
  }
}
