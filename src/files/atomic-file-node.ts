import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { lifeOfTag, PROCESS_TAG, processTag } from "./process-node.ts";
import { diskFull, explain, megabytes } from "./system-error-node.ts";

/** A file's bytes, in pieces that are written one after another. */
export type Chunks = Iterable<Uint8Array>;

/** Temporary names carry the process that writes them, so that another one's live file is never swept away. */
const temporary = new RegExp(`^\\.(.+)\\.crisp-(${PROCESS_TAG})-[0-9a-f]{8}\\.tmp$`);
/** Of another machine's process nobody here knows whether it lives; no file is a day in the making. */
const ABANDONED_MS = 24 * 3600 * 1000;

/**
 * Write a file so that at every moment, power cuts included, its name holds either the old bytes or all of the new ones.
 *
 * The bytes go to a temporary file in the same folder, are flushed to the disk, and take the name in one rename. It is synchronous on
 * purpose: nothing can change the arrays behind the chunks while they are written.
 *
 * @param path - Its folder must exist.
 * @param chunks - Taken one at a time; a generator that throws leaves the old file as it was.
 * @throws `file/disk-full`, `file/not-writable`; on any error the temporary file is removed and the old file stays.
 * @example
 * writeAtomically("runs/demo/results.json", [new TextEncoder().encode(json)]);
 */
export function writeAtomically(path: string, chunks: Chunks): void {
  const temp = stage(path, chunks);
  commit([[temp, path]]);
}

/** Links that lead nowhere, too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/** A file that is written bit by bit, and takes its name at the end. */
export interface GrowingFile {
  /** @throws `file/disk-full`, `file/not-writable`; then nothing of it is left. */
  write(chunk: Uint8Array): void;
  /** Flush it to the disk and give it its name; a file that has come to stand there meanwhile stays, and this one is removed. */
  finish(): void;
  /** Remove what was written; does nothing behind `finish`. */
  discard(): void;
}

/**
 * Start a new file that nobody sees under its name before it is whole, for what is too large to be held in memory.
 *
 * @param path - Its folder must exist; no file may have this name.
 * @throws `file/exists`, `file/not-writable`.
 * @example
 * const file = growingFile("labels.jsonl");
 * for (const line of lines) file.write(line);
 * file.finish();
 */
export function growingFile(path: string): GrowingFile {
  const exists = (): Error =>
    expectedGot("file/exists", path, "a new file", "one that is there", "Give another name, or move it away.");
  if (isThere(path)) throw exists();
  if (existsSync(dirname(path))) sweepTemporaryFiles(dirname(path), basename(path));
  const temp = temporaryFor(path);
  let file: number | undefined;
  const step = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      discard();
      throw explain(error, path);
    }
  };
  const discard = (): void => {
    if (file !== undefined) discardFile(file, temp);
    file = undefined;
  };
  step(() => {
    file = openSync(temp, "wx");
  });
  return {
    write: (chunk) => step(() => writeAll(file!, chunk)),
    finish() {
      step(() => {
        fsyncSync(file!);
        try {
          linkSync(temp, path); // unlike a rename, it replaces nothing
        } catch (error) {
          if (isThere(path)) throw exists();
          // a disk without links
          if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
          renameSync(temp, path);
        }
      });
      closeSync(file!);
      file = undefined;
      rmSync(temp, { force: true });
      flushFolder(dirname(path));
    },
    discard,
  };
}

/**
 * Write several files of one folder: all are on the disk under temporary names before the first takes its own.
 *
 * Should the machine stop between two of the renames, each file is whole, old or new; put the file that announces the others last.
 *
 * @param folder - Made if it is missing.
 * @param files - By path inside the folder, e.g. `onnx/model.onnx`, in the order in which they appear.
 * @param onStaged - Called when all are on the disk and none has its name yet; if it throws, every old file is as it was.
 * @throws `file/disk-full`, `file/not-writable`; then every old file is as it was.
 * @example
 * writeFilesAtomically("tickets-model", modelFiles(model));
 */
export function writeFilesAtomically(folder: string, files: ReadonlyMap<string, Chunks>, onStaged?: () => void): void {
  const staged: [string, string][] = [];
  try {
    for (const [name, chunks] of files) {
      const path = join(folder, name);
      makeFolder(dirname(path));
      staged.push([stage(path, chunks), path]);
    }
    onStaged?.();
  } catch (error) {
    for (const [temp] of staged) rmSync(temp, { force: true });
    throw error;
  }
  commit(staged);
}

/**
 * Find out now, not after hours of training, that a folder cannot be written: it is made if missing, and a file is written and removed.
 *
 * @param folder - The output folder.
 * @param bytes - What will be written at least; 0 asks for no room.
 * @throws `file/not-writable`, `file/disk-full`.
 */
export function checkWritable(folder: string, bytes = 0): void {
  makeFolder(folder);
  const probe = temporaryFor(join(folder, "probe"));
  try {
    writeNew(probe, [Uint8Array.of(0)], folder);
  } finally {
    rmSync(probe, { force: true });
  }
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < bytes) throw diskFull(folder, `${megabytes(bytes)} of free space`, megabytes(bavail * bsize));
}

/**
 * Remove the temporary files that killed processes left in a folder.
 *
 * @param of - Only those of a file of this name.
 * @returns The names removed.
 */
export function sweepTemporaryFiles(folder: string, of?: string): string[] {
  const stale = readdirSync(folder).filter((name) => {
    const [, target, tag] = temporary.exec(name) ?? [];
    if (tag === undefined || (of !== undefined && of !== target)) return false;
    const life = lifeOfTag(tag);
    return life === "gone" || (life === "unknown" && Date.now() - lastWritten(join(folder, name)) > ABANDONED_MS);
  });
  for (const name of stale) rmSync(join(folder, name), { force: true });
  return stale;
}

/** Of a file that another thread may just be renaming. */
const lastWritten = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;

const temporaryFor = (path: string): string =>
  join(dirname(path), `.${basename(path)}.crisp-${processTag()}-${randomBytes(4).toString("hex")}.tmp`);

function stage(path: string, chunks: Chunks): string {
  const temp = temporaryFor(path);
  writeNew(temp, chunks, path);
  return temp;
}

/** Write and flush a new file; errors speak of `shown`, the name that the caller knows. */
export function writeNew(path: string, chunks: Chunks, shown: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, "wx");
    for (const chunk of chunks) writeAll(file, chunk);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if (file !== undefined) discardFile(file, path);
    throw explain(error, shown);
  }
}

function writeAll(file: number, chunk: Uint8Array): void {
  // a single write() takes at most 2 GiB and may stop short of what it was given
  for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at, Math.min(chunk.length - at, 2 ** 30));
}

function discardFile(file: number, temp: string): void {
  for (const step of [() => closeSync(file), () => rmSync(temp, { force: true })]) {
    try {
      step();
    } catch {
      // the first error is the one worth telling
    }
  }
}

function commit(staged: readonly (readonly [string, string])[]): void {
  try {
    for (const [temp, path] of staged) {
      try {
        renameSync(temp, path);
      } catch (error) {
        throw explain(error, path);
      }
    }
  } finally {
    for (const [temp] of staged) rmSync(temp, { force: true });
  }
  for (const folder of new Set(staged.map(([, path]) => dirname(path)))) flushFolder(folder);
}

/** A rename survives a power cut only once its folder is flushed. Windows cannot open folders and needs no such step. */
export function flushFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw explain(error, folder);
  }
}
