import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";

/** In each folder that Crisp writes into: what its files were when it wrote them, by name. */
export const OWN_FILES = ".crisp-files.json";

/** A file as it was written. */
export interface FileFacts {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** By path inside the folder, with forward slashes. */
export type Manifest = Readonly<Record<string, FileFacts>>;

const PIECE = 2 ** 24;

/** A folder's list. What is damaged in it is as if it were not there: then nothing is known to be Crisp's. */
export function readManifest(folder: string): Manifest {
  try {
    return entriesOf(JSON.parse(readFileSync(join(folder, OWN_FILES), "utf8")));
  } catch {
    return {};
  }
}

/** Entries that say enough, of files inside the folder: a list may come from anywhere. */
export const entriesOf = (found: unknown): Manifest =>
  Object.fromEntries(Object.entries(found ?? {}).filter(([name, facts]) => isInside(name) && isFacts(facts)));

const isInside = (name: string): boolean =>
  !/[\\:\0]/.test(name) && name.split("/").every((part) => !["", ".", ".."].includes(part));

const isFacts = (facts: unknown): facts is FileFacts => {
  const { sha256, size, mtimeMs } = (facts ?? {}) as Partial<FileFacts>;
  return typeof sha256 === "string" && typeof size === "number" && typeof mtimeMs === "number";
};

/**
 * Whether a file is as a manifest says. Crisp makes no links: one is somebody else's, whatever it leads to.
 *
 * @param known - Its entry; undefined where there is none.
 * @returns Undefined where there is no file.
 */
export function isAsWritten(path: string, known: FileFacts | undefined): boolean | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  return found.isFile() && known !== undefined && found.size === known.size && hashOf(path) === known.sha256;
}

/** @throws `file/not-own` where a file, or a folder on the way to it, is not as Crisp wrote it. */
export function checkOwn(folder: string, name: string, manifest: Manifest): void {
  const hint = "Move it away, or choose another folder.";
  const refuse = (path: string, got: string): Error =>
    expectedGot("file/not-own", path, "no file, or one as Crisp wrote it", got, hint);
  const parts = name.split("/");
  for (let at = 1; at < parts.length; at++) {
    const path = join(folder, ...parts.slice(0, at));
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found && !found.isDirectory()) throw refuse(path, "a file or a link where a folder should be");
  }
  const path = join(folder, name);
  if (isAsWritten(path, manifest[name]) === false) throw refuse(path, "one that somebody else made or changed");
}

/** Of what cannot be read it is a hash that no file has. */
export function hashOf(path: string): string {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(PIECE);
  try {
    const file = openSync(path, "r");
    try {
      for (let length = 1; length > 0; ) {
        length = readSync(file, buffer);
        hash.update(buffer.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  } catch {
    return "unreadable";
  }
  return hash.digest("hex");
}
