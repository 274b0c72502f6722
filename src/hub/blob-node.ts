import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { type Lock, takeLock } from "../files/index-node.ts";
import { blobPath, type RepositoryCache, sizeOf } from "./cache-layout-node.ts";
import type { RepositoryFile } from "./repository.ts";
import type { NodeSession } from "./settings-node.ts";
import { gitHeader, isSha256, type Transfer, transfer, wrongHash } from "./transfer.ts";

export interface BlobRequest extends Transfer {
  readonly session: NodeSession;
  readonly cache: RepositoryCache;
}

/**
 * Download one file to `blobs/<hash>`, where it appears whole and checked or not at all.
 *
 * Bytes go to `<hash>.crisp-<random>.incomplete`, always at their own position. What a killed or broken download left there is taken over
 * by a rename and continued with a Range request. At the end the file is read back from the disk, its size and hash are compared, and only
 * then it takes its name, in one rename. `downloadFile` of @huggingface/hub does none of this: it starts anew each time, into one name that
 * two processes share, and checks nothing.
 *
 * @returns whether it was downloaded now.
 * @throws `hub/wrong-hash`, `hub/wrong-size`, `hub/disk-full`, `hub/not-writable`, and the codes of `request`.
 */
export async function downloadBlob(job: BlobRequest): Promise<boolean> {
  const { session, cache, file } = job;
  const blob = blobPath(cache, file.etag!);
  const isDone = () => sizeOf(blob) === file.size;
  const onWait = () => session.onNote?.(`waiting for another process, which is downloading ${job.repo.id}/${file.path}`);
  try {
    await mkdir(dirname(blob), { recursive: true });
    while (true) {
      const lockPath = join(cache.locks, `${file.etag}.crisp.lock`);
      const lock = await takeLock(lockPath, { settings: session.settings, signal: session.signal, isDone, onWait });
      if (!lock) {
        job.onBytes(file.size);
        return false;
      }
      try {
        if (await download(job, blob, lock)) return true;
      } finally {
        lock.release();
      }
    }
  } catch (error) {
    throw explained(error, job);
  }
}

/** @returns false when the lock was lost on the way. */
async function download(job: BlobRequest, blob: string, lock: Lock): Promise<boolean> {
  const { session, file } = job;
  const partial = await adoptPartial(blob);
  let resumed = (sizeOf(partial) ?? 0) > 0;
  while (true) {
    const handle = await open(partial, constants.O_RDWR | constants.O_CREAT);
    try {
      if (!(await fill(job, handle, lock))) return false;
      // a power cut after the rename must not leave a name without its bytes
      await handle.sync();
    } catch (error) {
      await handle.close();
      if (isDiskFull(error)) await rm(partial, { force: true });
      throw error;
    }
    await handle.close();
    if (sizeOf(partial) === undefined) return false;
    const found = await hashOf(partial, file);
    if (found === file.etag) break;
    await rm(partial, { force: true });
    if (!resumed) {
      throw wrongHash(job, found);
    }
    session.onNote?.(`${job.repo.id}/${file.path}: what an earlier run had left was damaged; downloading all of it again`);
    resumed = false;
  }
  await rename(partial, blob);
  return true;
}

/**
 * The longest leftover of this blob, under a new name; the others are removed.
 *
 * The lock says that their owners are gone. Should one of them live nonetheless, it finds its file under no name and takes nothing over.
 */
async function adoptPartial(blob: string): Promise<string> {
  const folder = dirname(blob);
  const start = `${blob.slice(folder.length + 1)}.crisp-`;
  const name = join(folder, `${start}${randomBytes(4).toString("hex")}.incomplete`);
  const found = (await readdir(folder)).filter((entry) => entry.startsWith(start) && entry.endsWith(".incomplete"));
  const bySize = found.map((entry) => join(folder, entry)).sort((a, b) => (sizeOf(b) ?? 0) - (sizeOf(a) ?? 0));
  for (const [rank, path] of bySize.entries()) {
    if (rank > 0) await rm(path, { force: true });
    else await rename(path, name).catch(() => {});
  }
  return name;
}

/** Bring an incomplete file to its full size. @returns false when the lock was lost. */
async function fill(job: BlobRequest, handle: FileHandle, lock: Lock): Promise<boolean> {
  const { size } = await handle.stat();
  // longer than the file: not a beginning of it
  const at = size > job.file.size ? 0 : size;
  if (at < size) await handle.truncate(0);
  await checkRoom(job, job.file.size - at);
  return transfer(job, at, {
    write: (bytes, position) => job.session.settings.writeAt(handle, bytes, position),
    empty: () => handle.truncate(0),
    get lost() {
      return lock.lost;
    },
  });
}

async function hashOf(path: string, file: RepositoryFile): Promise<string> {
  const hash = isSha256(file) ? createHash("sha256") : createHash("sha1").update(gitHeader(file));
  // large pieces: the hash takes most of the time, not the loop
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(bytes as Uint8Array);
  return hash.digest("hex");
}

async function checkRoom({ cache, repo, file }: BlobRequest, bytes: number): Promise<void> {
  const { bavail, bsize, blocks } = await statfs(cache.folder);
  // file systems without a size of their own say 0
  if (blocks === 0 || bavail * bsize >= bytes) return;
  const hint = "Free some space, or let HF_HOME name a folder on another disk.";
  throw expectedGot(
    "hub/disk-full",
    `${repo.id}/${file.path}`,
    `${megabytes(bytes)} of free space in ${cache.folder}`,
    megabytes(bavail * bsize),
    hint,
  );
}

const isDiskFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException)?.code ?? "");

/** What the system says about a path, as a line that helps. */
function explained(error: unknown, { cache, repo, file }: BlobRequest): unknown {
  const where = `${repo.id}/${file.path}`;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (isDiskFull(error)) {
    const got = code === "EDQUOT" ? "a used-up quota" : "a full disk";
    const hint = "What had come of it was removed. Free some space, or let HF_HOME name a folder on another disk.";
    return expectedGot("hub/disk-full", where, `${megabytes(file.size)} of room in ${cache.folder}`, got, hint);
  }
  if (error instanceof CrispError || code === undefined || syscall === undefined) return error;
  const hint = "Let HF_HOME or HF_HUB_CACHE name a folder of yours.";
  return expectedGot("hub/not-writable", where, `a cache that can be written, ${cache.folder}`, code, hint);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;
