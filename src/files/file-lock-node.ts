import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";

/** A lock that this process holds. */
export interface FileLock {
  /** True once another process has taken it over, since this one showed no life for too long. */
  readonly lost: boolean;
  release(): Promise<void>;
}

/** How a lock is kept and waited for. */
export interface LockSettings {
  /** How often the owner says that it is alive. */
  readonly lockBeatMs: number;
  /** A lock without a sign of life for this long is taken over. */
  readonly staleLockMs: number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface LockOptions {
  readonly settings: LockSettings;
  readonly signal?: AbortSignal;
  /** What the lock is waited for; once it is true, no lock is needed. */
  readonly isDone: () => boolean;
  /** Called once when somebody else has held it for half a second. */
  readonly onWait?: () => void;
}

/** In this process, to tell a lock of ours from one left by an earlier process with the same number. */
const held = new Set<string>();
const HOST = hostname();
/** Waits between looks at somebody else's lock. */
const [SHORTEST_LOOK_MS, LONGEST_LOOK_MS] = [20, 500];
/** A wait shorter than this is not worth a word. */
const WORTH_A_WORD_MS = 500;

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/**
 * Take a lock file, created exclusively (`O_EXCL`), or wait for it.
 *
 * Node has no `flock`, which Python's library uses; so the lock has a name of its own and saves double downloads among our own processes.
 * That the cache is right does not depend on it: see `blob-node.ts`. Its owner touches it every few seconds. It is taken over when its
 * process is gone, or has not touched it for `staleLockMs` (another machine, or a process number used again).
 *
 * @returns undefined as soon as `isDone()`.
 */
export async function takeLock(path: string, { settings, signal, isDone, onWait }: LockOptions): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const token = randomBytes(8).toString("hex");
  let since: number | undefined = performance.now();
  for (let look = SHORTEST_LOOK_MS; !isDone(); look = Math.min(LONGEST_LOOK_MS, 2 * look)) {
    signal?.throwIfAborted();
    if (await create(path, { pid: process.pid, host: HOST, token })) return holding(path, token, settings.lockBeatMs);
    const owner = await readOwner(path);
    if (await isStale(path, owner, settings.staleLockMs)) await removeStale(path, owner);
    else {
      if (since !== undefined && performance.now() - since > WORTH_A_WORD_MS) {
        since = undefined;
        onWait?.();
      }
      await settings.sleep(look, signal);
    }
  }
  return undefined;
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(JSON.stringify(owner));
    } finally {
      await file.close();
    }
    held.add(owner.token);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function holding(path: string, token: string, beatMs: number): FileLock {
  let lost = false;
  const beat = setInterval(async () => {
    const owner = await readOwner(path);
    if (owner?.token !== token) lost = true;
    else await utimes(path, new Date(), new Date()).catch(() => {});
  }, beatMs);
  // a lock alone is no reason to keep a process alive
  beat.unref();
  return {
    get lost() {
      return lost;
    },
    async release() {
      clearInterval(beat);
      if ((await readOwner(path))?.token === token) await rm(path, { force: true });
      held.delete(token);
    },
  };
}

/** Undefined where the file is gone, or not yet written. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

async function isStale(path: string, owner: Owner | undefined, staleMs: number): Promise<boolean> {
  const touched = (await stat(path).catch(() => undefined))?.mtimeMs;
  if (touched === undefined) return false;
  if (Date.now() - touched > staleMs) return true;
  if (owner?.host !== HOST) return false;
  return owner.pid === process.pid ? !held.has(owner.token) : !isAlive(owner.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Two processes may find the same stale lock: what is moved aside is looked at again, and put back if it is a newer one. */
async function removeStale(path: string, stale: Owner | undefined): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(path, aside);
    if ((await readOwner(aside))?.token !== stale?.token) await link(aside, path);
  } catch {
    // another process was faster
  } finally {
    await rm(aside, { force: true });
  }
}
