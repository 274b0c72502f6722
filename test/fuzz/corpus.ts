import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const rooms = {
  /** Committed. */
  repository: new URL("./corpus/", import.meta.url),
  /** Of this clone: what earlier runs came upon. */
  clone: new URL("../../.cache/fuzz-corpus/", import.meta.url),
} as const;
type Room = keyof typeof rooms;

const folderOf = (target: string, room: Room): string => fileURLToPath(new URL(`./${target}/`, rooms[room]));

/** An input that once found something, or reached code that the seeds do not: replayed by the tests, and a start for changes. */
export interface CorpusInput {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The committed inputs of a target, or those of this clone, in order of their names. */
export function readCorpus(target: string, room: Room = "repository"): CorpusInput[] {
  const folder = folderOf(target, room);
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith(".input"));
  } catch {
    return [];
  }
  return files.sort().map((file) => ({ file, bytes: new Uint8Array(readFileSync(folder + file)) }));
}

export const nameOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

export function keepInput(target: string, bytes: Uint8Array, room: Room = "repository"): void {
  const folder = folderOf(target, room);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${nameOf(bytes)}.input`, bytes);
}
