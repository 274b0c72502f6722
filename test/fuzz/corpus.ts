import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folderOf = (target: string): string => fileURLToPath(new URL(`./corpus/${target}/`, import.meta.url));

/** An input that once found something, or reached code that the seeds do not: replayed by the tests, and a start for changes. */
export interface CorpusInput {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The committed inputs of a target, in order of their names. */
export function readCorpus(target: string): CorpusInput[] {
  const folder = folderOf(target);
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith(".input"));
  } catch {
    return [];
  }
  return files.sort().map((file) => ({ file, bytes: new Uint8Array(readFileSync(folder + file)) }));
}

export const nameOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

export function keepInput(target: string, bytes: Uint8Array): void {
  mkdirSync(folderOf(target), { recursive: true });
  writeFileSync(`${folderOf(target)}${nameOf(bytes)}.input`, bytes);
}
