import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { checkWritable } from "./atomic-file-node.ts";
import { isProcessAlive } from "./process-node.ts";

/** A lock that this process holds. */
export interface Lock {
  /** True once another process has taken it over, since this one showed no life for too long. */
  readonly lost: boolean;
  /** Does nothing when it was released or lost before. */
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
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
  /** Tells two processes of one number apart; where the system does not say, it is left out. */
  readonly start?: string;
}

/** The lock of a folder, inside it. */
export const FOLDER_LOCK = ".crisp.lock";

/** A training may keep its thread busy for minutes while it writes; other machines cannot see that it lives. */
const FOLDER_SETTINGS: LockSettings = { lockBeatMs: 5000, staleLockMs: 300_000 };
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
 * @param path - Of the lock; its folder is made.
 * @returns undefined as soon as `isDone()`.
 */
export async function takeLock(path: string, { settings, signal, isDone, onWait }: LockOptions): Promise<Lock | undefined> {
  let since: number | undefined = performance.now();
  for (let look = SHORTEST_LOOK_MS; !isDone(); look = Math.min(LONGEST_LOOK_MS, 2 * look)) {
    signal?.throwIfAborted();
    const lock = attempt(path, settings);
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
 * Keep a folder for this process alone, until `release` or its end.
 *
 * @param folder - Made where it is missing, and removed again by `release` if it is then empty.
 * @param options.code - Of the error when another process holds it, e.g. `study/busy`.
 * @param options.what - What needs the folder for itself, for the message, e.g. `training`.
 * @throws `options.code` at once, naming the other process; what `checkWritable` throws.
 * @example
 * const lock = lockFolder("tickets-model", { code: "file/busy", what: "training" });
 */
export function lockFolder(folder: string, { code, what }: { readonly code: string; readonly what: string }): Lock {
  const made = !existsSync(folder);
  checkWritable(folder);
  const path = join(folder, FOLDER_LOCK);
  const lock = attempt(path, FOLDER_SETTINGS, made ? folder : undefined);
  if (!("pid" in lock)) return lock;
  const got = `process ${lock.pid} on ${lock.host}`;
  const hint = `Wait for it, or choose another folder. If it is gone, remove ${path}.`;
  throw expectedGot(code, folder, `no other ${what} in this folder`, got, hint);
}

/**
 * A lock is a folder that holds one file, named by its owner's token.
 *
 * It is made under another name and takes its own in one rename, which fails where there is one that is not empty. Whoever ends it, the
 * owner or somebody who takes it over, removes that file by its name, and so can never end a newer lock than the one it has looked at.
 */
function attempt(path: string, { lockBeatMs, staleLockMs }: LockSettings, madeFolder?: string): Lock | Owner {
  const token = randomBytes(8).toString("hex");
  mkdirSync(dirname(path), { recursive: true });
  while (true) {
    const found = look(path);
    if (found && !isGone(found, staleLockMs)) return found.owner;
    if (found) unlinkIfThere(join(path, found.owner.token));
    if (claim(path, { pid: process.pid, host: hostname(), token, start: startOf(process.pid) })) break;
  }
  return holding(path, token, lockBeatMs, madeFolder);
}

/** Undefined where there is none. */
function look(path: string): { readonly owner: Owner; readonly touchedMs: number } | undefined {
  try {
    const [token] = readdirSync(path);
    if (token === undefined) return undefined;
    const file = join(path, token);
    const { mtimeMs: touchedMs } = statSync(file);
    return { owner: { ...parsed(readFileSync(file, "utf8")), token }, touchedMs };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code !== "ENOTDIR") throw error;
    throw expectedGot("file/not-own", path, "nothing, or a lock of Crisp, which is a folder", "a file", "Move it away.");
  }
}

/** After a power cut a file may be empty. */
function parsed(text: string): Omit<Owner, "token"> {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return { pid: 0, host: "an unknown machine" };
  }
}

function claim(path: string, owner: Owner): boolean {
  const prepared = `${path}.${owner.token}`;
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

/** Locks to release when the process ends, by their tokens. */
const held = new Map<string, () => void>();
const releaseAll = (): void => {
  for (const release of [...held.values()]) release();
};

function holding(path: string, token: string, beatMs: number, madeFolder?: string): Lock {
  const file = join(path, token);
  let lost = false;
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") lost = true;
    }
  }, beatMs);
  // a lock alone is no reason to keep a process alive
  beat.unref();
  const release = (): void => {
    clearInterval(beat);
    held.delete(token);
    if (held.size === 0) process.off("exit", releaseAll);
    if (!unlinkIfThere(file)) return;
    rmdirIfEmpty(path);
    if (madeFolder !== undefined) rmdirIfEmpty(madeFolder);
  };
  if (held.size === 0) process.on("exit", releaseAll);
  held.set(token, release);
  return {
    get lost() {
      return lost;
    },
    release,
  };
}

function isGone({ owner, touchedMs }: { readonly owner: Owner; readonly touchedMs: number }, staleMs: number): boolean {
  if (owner.host === hostname()) {
    if (!isProcessAlive(owner.pid)) return true;
    const start = startOf(owner.pid);
    // it may have been stopped, or be busy for long
    if (start !== undefined && owner.start !== undefined) return start !== owner.start;
  }
  return Date.now() - touchedMs > staleMs;
}

/** When a process began, in the system's ticks; undefined outside Linux. */
function startOf(pid: number): string | undefined {
  try {
    // the name before it, in brackets, may hold spaces
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[19];
  } catch {
    return undefined;
  }
}

/** @returns whether this call removed it. */
function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function rmdirIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // gone, or somebody's by now
  }
}
