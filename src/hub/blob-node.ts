import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { type Lock, takeLock } from "../files/index-node.ts";
import { unreachable } from "./answer-error.ts";
import { blobPath, type RepositoryCache, sizeOf } from "./cache-layout-node.ts";
import { fileUrl, type Repository, type RepositoryFile } from "./repository.ts";
import { backOff, request, type Session, withoutSilence } from "./request.ts";

export interface BlobRequest {
  readonly session: Session;
  readonly cache: RepositoryCache;
  readonly repo: Repository;
  readonly commit: string;
  readonly file: RepositoryFile;
  /** @param bytes - On the disk so far, those of earlier runs included. */
  readonly onBytes: (bytes: number) => void;
}

/** A server that breaks off after every few bytes is given up at some point. */
const MOST_BREAKS = 100;

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
      const hint = "Nothing was kept; try again, and check what stands between this machine and the hub if it happens again.";
      const kind = file.etag!.length === 64 ? "SHA-256" : "Git SHA-1";
      throw expectedGot("hub/wrong-hash", `${job.repo.id}/${file.path}`, `bytes of ${kind} ${file.etag}`, found, hint);
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
  const { session, repo, commit, file } = job;
  const { settings, signal } = session;
  const url = fileUrl(settings.endpoint, repo, commit, file.path);
  const subject = { repo, revision: commit, file: file.path };
  let at = (await handle.stat()).size;
  // longer than the file: not a beginning of it
  if (at > file.size) at = await emptied(handle);
  await checkRoom(job, file.size - at);
  job.onBytes(at);
  let [breaks, withoutProgress] = [0, 0];
  while (at < file.size) {
    const before = at;
    try {
      const headers: HeadersInit = at > 0 ? { Range: `bytes=${at}-` } : {};
      const response = await request(session, url, { headers, subject });
      const start = startOf(response);
      if (start !== at) {
        await response.body?.cancel();
        // 200: the server knows no ranges and sends all of it; anything else is no part of this file
        at = await emptied(handle);
        if (before > 0) continue;
        throw new Error(`bytes from ${start} on instead of the file`);
      }
      checkTotal(response, job);
      for await (const bytes of withoutSilence(response.body!, settings.silenceTimeoutMs)) {
        if (lock.lost) return false;
        if (at + bytes.length > file.size) throw wrongSize(job, `more than ${at + bytes.length - 1}`);
        await settings.writeAt(handle, bytes, at);
        at += bytes.length;
        job.onBytes(at);
      }
      if (at < file.size) throw new Error(`the end after ${at} of ${file.size} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CrispError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
      withoutProgress = at > before ? 0 : withoutProgress + 1;
      if (withoutProgress > settings.retries || ++breaks > MOST_BREAKS)
        throw unreachable({ ...subject, endpoint: settings.endpoint, withToken: false }, error, breaks);
      await settings.sleep(backOff(settings, withoutProgress), signal);
    }
  }
  return !lock.lost;
}

async function emptied(handle: FileHandle): Promise<0> {
  await handle.truncate(0);
  return 0;
}

/** The position of an answer's first byte; -1 when it is none that was asked for. */
function startOf(response: Response): number {
  if (response.status === 200) return 0;
  return response.status === 206 ? Number(/^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? -1) : -1;
}

/** A file of another size need not be downloaded to know that it is the wrong one. */
function checkTotal(response: Response, job: BlobRequest): void {
  const total =
    response.status === 206
      ? /\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1]
      : response.headers.has("Content-Encoding")
        ? undefined
        : (response.headers.get("Content-Length") ?? undefined);
  if (total !== undefined && Number(total) !== job.file.size) throw wrongSize(job, total);
}

const wrongSize = ({ repo, file }: BlobRequest, got: string): CrispError =>
  expectedGot("hub/wrong-size", `${repo.id}/${file.path}`, `${file.size} bytes`, got, "Nothing wrong was kept; try again.");

/** Git names a file by the SHA-1 of its length and its bytes, LFS by the SHA-256 of its bytes. */
async function hashOf(path: string, { size, etag }: RepositoryFile): Promise<string> {
  const hash = etag!.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
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
