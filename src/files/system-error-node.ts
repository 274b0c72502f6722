import { relative, resolve } from "node:path";
import { expectedGot } from "../errors/index.ts";

export const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6).toLocaleString("en-US")} MB`;

export const diskFull = (path: string, expected: string, got: string): Error =>
  expectedGot(
    "file/disk-full",
    path,
    expected,
    got,
    "Free some space or choose another folder; what was there before is unchanged.",
  );

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "a read-only file system",
  ENOENT: "a folder that does not exist and cannot be made",
  ENOTDIR: "a file where a folder should be",
  EEXIST: "a file where a folder should be",
  EISDIR: "a folder where a file should be",
};

/** Turn what the system says into a line that helps; errors of the chunks' own making pass as they are. */
export function explain(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  const shown = relative(process.cwd(), resolve(path)).startsWith("..") ? resolve(path) : path;
  if (code === "ENOSPC" || code === "EDQUOT")
    return diskFull(shown, "room to write", code === "EDQUOT" ? "a used-up quota" : "a full disk");
  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  return expectedGot(
    "file/not-writable",
    shown,
    "a path that can be written",
    reasons[code] ?? code,
    "Choose another output folder.",
  );
}

/** Calls that change the disk. */
const CHANGES = new Set(["mkdir", "rename", "link", "unlink", "rmdir", "rm", "write", "fsync", "ftruncate", "truncate", "utime"]);
const NOT_WRITABLE = new Set(["ENOSPC", "EDQUOT", "EROFS"]);

/** The same for an error of the system from anywhere: one that tells of a change of the disk is turned into a line, all others pass. */
export function explainChange(error: unknown): unknown {
  const { code = "", syscall = "", path } = (error ?? {}) as NodeJS.ErrnoException;
  if (syscall === "" || !(CHANGES.has(syscall) || NOT_WRITABLE.has(code))) return error;
  return explain(error, path ?? "the disk");
}
