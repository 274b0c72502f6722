import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { type Chunks, flushFolder, writeNew } from "./atomic-file-node.ts";
import { holdsLock, lockFolder } from "./folder-lock-node.ts";
import { rmdirIfEmpty } from "./lock-node.ts";
import { checkOwn, entriesOf, type FileFacts, isAsWritten, type Manifest, OWN_FILES, readManifest } from "./manifest-node.ts";
import { PROCESS_TAG, processTag } from "./process-node.ts";
import { jsonBytes } from "./stable-json.ts";
import { explain } from "./system-error-node.ts";

/** Where whole files wait to be moved in; it gets this name when the last of them, the folder's next manifest, is on the disk. */
const NEXT = ".crisp-next";
const STAGING = new RegExp(`^\\.crisp-staging\\.${PROCESS_TAG}-[0-9a-f]{8}$`);
/** No folders in it, so that it can be emptied file by file. */
const stagedName = (name: string): string => encodeURIComponent(name);

/** Do what needs a folder for this process alone, which may keep it already. @throws `file/busy`; as `lockFolder`. */
export function underLock(folder: string, work: () => void): void {
  if (holdsLock(folder)) {
    work();
    return;
  }
  const lock = lockFolder(folder, { code: "file/busy", what: "writer" });
  try {
    work();
  } finally {
    lock.release();
  }
}

/** Whether files wait in it to be moved in. */
export const isHalfWritten = (folder: string): boolean => existsSync(join(folder, NEXT, OWN_FILES));

/**
 * Put new files on the disk, and with them the folder's next manifest; none has its place yet.
 *
 * @param stays - Entries of files that are left as they are.
 * @throws `file/disk-full`, `file/not-writable`; then the folder is as it was.
 */
export function stage(folder: string, files: ReadonlyMap<string, Chunks>, stays: Manifest): void {
  const staging = join(folder, `.crisp-staging.${processTag()}-${randomBytes(4).toString("hex")}`);
  const next: Record<string, FileFacts> = { ...stays };
  try {
    mkdirSync(staging);
    for (const [name, chunks] of files) {
      const path = join(staging, stagedName(name));
      const hash = createHash("sha256");
      writeNew(path, hashed(chunks, hash), join(folder, name));
      const { size, mtimeMs } = statSync(path);
      next[name] = { sha256: hash.digest("hex"), size, mtimeMs };
    }
    writeNew(join(staging, OWN_FILES), [jsonBytes(next)], join(folder, OWN_FILES));
    flushFolder(staging);
    renameSync(staging, join(folder, NEXT));
  } catch (error) {
    discard(staging);
    throw explain(error, folder);
  }
  flushFolder(folder);
}

function* hashed(chunks: Chunks, hash: ReturnType<typeof createHash>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/**
 * Move staged files in, remove those that the next manifest no longer names, and let it take its place last. Every step may have been
 * done before.
 */
export function moveIn(folder: string): void {
  const [before, next] = [readManifest(folder), nextManifest(folder)];
  const touched = new Set([folder]);
  try {
    for (const name of Object.keys(next)) {
      const [from, to] = [join(folder, NEXT, stagedName(name)), join(folder, name)];
      if (!existsSync(from)) continue;
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
      touched.add(dirname(to));
    }
    for (const name of Object.keys(before)) {
      if (name in next || !isAsWritten(join(folder, name), before[name])) continue;
      rmSync(join(folder, name));
      rmdirIfEmpty(dirname(join(folder, name)));
    }
    for (const each of touched) flushFolder(each);
    renameSync(join(folder, NEXT, OWN_FILES), join(folder, OWN_FILES));
  } catch (error) {
    throw explain(error, folder);
  }
  rmdirIfEmpty(join(folder, NEXT));
  flushFolder(folder);
}

/**
 * Move in what a process left staged that was killed before it could.
 *
 * @throws `file/not-own` where somebody has put a file in the place of one; `file/damaged` where a staged one is not whole.
 */
export function finishReplacing(folder: string): void {
  if (isHalfWritten(folder)) {
    const [before, next] = [readManifest(folder), nextManifest(folder)];
    for (const [name, facts] of Object.entries(next)) {
      const staged = join(folder, NEXT, stagedName(name));
      if (!existsSync(staged)) continue;
      if (!isAsWritten(staged, facts)) {
        const hint = `Remove the folder ${join(folder, NEXT)}: the files beside it are then what they were.`;
        throw expectedGot("file/damaged", staged, `${facts.size} bytes as they were written`, "others", hint);
      }
      checkOwn(folder, name, before);
    }
    moveIn(folder);
  }
  rmdirIfEmpty(join(folder, NEXT));
  const left = lstatSync(join(folder, NEXT), { throwIfNoEntry: false });
  if (!left) return;
  throw expectedGot(
    "file/not-own",
    join(folder, NEXT),
    "nothing, or files that Crisp staged",
    "a file or folder of other origin",
    "Move it away.",
  );
}

/** Remove what killed processes have staged in part, or left empty; the lock says that no other one is at it. */
export function discardStaged(folder: string): void {
  rmdirIfEmpty(join(folder, NEXT));
  for (const name of readdirSync(folder)) {
    if (STAGING.test(name)) discard(join(folder, name));
  }
}

/** Its files are those of one process, by its name. */
function discard(staging: string): void {
  if (!existsSync(staging)) return;
  for (const name of readdirSync(staging)) rmSync(join(staging, name), { force: true });
  rmdirIfEmpty(staging);
}

const nextManifest = (folder: string): Manifest => entriesOf(JSON.parse(readFileSync(join(folder, NEXT, OWN_FILES), "utf8")));
