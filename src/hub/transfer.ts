import { CrispError, expectedGot } from "../errors/index.ts";
import { unreachable } from "./answer-error.ts";
import { fileUrl, type Repository, type RepositoryFile } from "./repository.ts";
import { backOff, request, type Session, withoutSilence } from "./request.ts";

/** Where the bytes of a file go. */
export interface Destination {
  /** Write all of `bytes` at a position. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Drop all bytes. */
  empty(): Promise<void>;
  /** Whether it belongs to somebody else by now. */
  readonly lost: boolean;
}

export interface Transfer {
  readonly session: Session;
  readonly repo: Repository;
  readonly commit: string;
  readonly file: RepositoryFile;
  /** @param bytes - That are there so far, those of earlier runs included. */
  readonly onBytes: (bytes: number) => void;
}

/** A server that breaks off after every few bytes is given up at some point. */
const MOST_BREAKS = 100;

/**
 * Bring a file's bytes from the hub to `into`, of which `at` are there already; broken connections are continued with Range requests.
 *
 * The size is that of the listing, whatever an answer announces. What arrives is not hashed here.
 *
 * @returns false when the destination was lost.
 * @throws `hub/wrong-size`; the codes of `request`; what the destination throws, told by its `syscall`.
 */
export async function transfer(job: Transfer, at: number, into: Destination): Promise<boolean> {
  const { session, repo, commit, file } = job;
  const { settings, signal } = session;
  const url = fileUrl(settings.endpoint, repo, commit, file.path);
  const subject = { repo, revision: commit, file: file.path };
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
        await into.empty();
        at = 0;
        if (before > 0) continue;
        throw new Error(`bytes from ${start} on instead of the file`);
      }
      if (settings.announcesSize) checkTotal(response, job);
      for await (const bytes of withoutSilence(response.body!, settings.silenceTimeoutMs)) {
        if (into.lost) return false;
        if (at + bytes.length > file.size) throw wrongSize(job, `more than ${at + bytes.length - 1}`);
        await into.write(bytes, at);
        at += bytes.length;
        job.onBytes(at);
      }
      if (at < file.size) throw new Error(`the end after ${at} of ${file.size} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CrispError || (error as { readonly syscall?: string }).syscall !== undefined) throw error;
      withoutProgress = at > before ? 0 : withoutProgress + 1;
      breaks++;
      if (withoutProgress > settings.retries || breaks > MOST_BREAKS) {
        const { endpoint, advice } = settings;
        throw unreachable({ ...subject, endpoint, advice, withToken: false }, error, breaks);
      }
      await settings.sleep(backOff(settings, withoutProgress), signal);
    }
  }
  return !into.lost;
}

/** The position of an answer's first byte; -1 when it is none that was asked for. */
function startOf(response: Response): number {
  if (response.status === 200) return 0;
  return response.status === 206 ? Number(/^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? -1) : -1;
}

/** A file of another size need not be downloaded to know that it is the wrong one. */
function checkTotal(response: Response, job: Transfer): void {
  const total =
    response.status === 206
      ? /\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1]
      : response.headers.has("Content-Encoding")
        ? undefined
        : (response.headers.get("Content-Length") ?? undefined);
  if (total !== undefined && Number(total) !== job.file.size) throw wrongSize(job, total);
}

const wrongSize = ({ repo, file }: Transfer, got: string): CrispError =>
  expectedGot("hub/wrong-size", `${repo.id}/${file.path}`, `${file.size} bytes`, got, "Nothing wrong was kept; try again.");

/** Bytes of another hash than their name. */
export function wrongHash({ repo, file }: Pick<Transfer, "repo" | "file">, found: string): CrispError {
  const hint = "Nothing was kept; try again, and check what stands between this machine and the hub if it happens again.";
  const kind = isSha256(file) ? "SHA-256" : "Git SHA-1";
  return expectedGot("hub/wrong-hash", `${repo.id}/${file.path}`, `bytes of ${kind} ${file.etag}`, found, hint);
}

/** Git names a file by the SHA-1 of its length and its bytes, LFS by the SHA-256 of its bytes. */
export const isSha256 = ({ etag }: RepositoryFile): boolean => etag!.length === 64;

/** What Git hashes before the bytes of a file. */
export const gitHeader = ({ size }: RepositoryFile): string => `blob ${size}\0`;
