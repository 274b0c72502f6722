import { lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Chunks } from "./atomic-file-node.ts";
import { checkOwn, isAsWritten, OWN_FILES, readManifest } from "./manifest-node.ts";
import { discardStaged, finishReplacing, isHalfWritten, moveIn, stage, underLock } from "./replace-files-node.ts";

/**
 * Write files of Crisp into a folder where people may keep their own.
 *
 * A file is replaced or removed only if it is as it was written here before, as the folder's `.crisp-files.json` knows: by its bytes;
 * one that somebody made or changed is not. The folder holds all of the old files or all of the new ones, whenever the process is
 * killed: the new ones are staged in a folder inside it; once that has its last name, `.crisp-next`, whoever writes or reads there next
 * moves them in, if this process does not.
 *
 * @param folder - Made if it is missing; kept for this process alone meanwhile.
 * @param files - By path inside the folder.
 * @param options.obsolete - Names to remove where they are not among `files`, e.g. of another model that was saved here before.
 * @throws `file/not-own` before anything is written; `file/busy` while another process writes there; `file/disk-full`,
 *   `file/not-writable`.
 * @example
 * writeOwnFiles("tickets-model", modelFiles(model), { obsolete: ["onnx/model_quantized.onnx"] });
 */
export function writeOwnFiles(
  folder: string,
  files: ReadonlyMap<string, Chunks>,
  { obsolete = [] }: { readonly obsolete?: readonly string[] } = {},
): void {
  underLock(folder, () => {
    finishReplacing(folder);
    discardStaged(folder);
    const before = readManifest(folder);
    for (const name of files.keys()) checkOwn(folder, name, before);
    const goes = (name: string): boolean =>
      obsolete.includes(name) && !files.has(name) && isAsWritten(join(folder, name), before[name]) === true;
    const stays = Object.entries(before).filter(
      ([name]) => !goes(name) && lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined,
    );
    stage(folder, files, Object.fromEntries(stays));
    moveIn(folder);
  });
}

/**
 * Find out now, not after hours of training, that files in a folder are somebody else's.
 *
 * @param names - What `writeOwnFiles` will be given at most.
 * @throws `file/not-own`.
 */
export function checkOwnFiles(folder: string, names: readonly string[]): void {
  finishHalfWritten(folder);
  const manifest = readManifest(folder);
  for (const name of names) checkOwn(folder, name, manifest);
}

function finishHalfWritten(folder: string): void {
  if (isHalfWritten(folder)) underLock(folder, () => finishReplacing(folder));
}

/**
 * The files of a folder that are as Crisp wrote them, by path inside it; those that a killed process had staged are moved in first.
 *
 * @throws `file/busy` while another process moves them in; as `finishReplacing`.
 */
export function ownFiles(folder: string): string[] {
  finishHalfWritten(folder);
  return Object.entries(readManifest(folder)).flatMap(([name, facts]) => (isAsWritten(join(folder, name), facts) ? [name] : []));
}

/**
 * Move in what a killed process had staged in a folder, and remove what it left half-written there, its lock too. A folder that is none
 * is left alone.
 *
 * @throws `file/busy` while another process writes there; `file/not-writable`; as `finishReplacing`.
 */
export function finishOwnFiles(folder: string): void {
  if (!isFolder(folder)) return;
  underLock(folder, () => {
    finishHalfWritten(folder);
    discardStaged(folder);
  });
}

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Remove those of some files of a folder that are as Crisp wrote them, and what killed processes left half-written there; the record of
 * them goes once it names no other. A folder that is none is left alone.
 *
 * @throws `file/busy` while another process writes there; `file/not-writable`.
 */
export function removeOwnFiles(folder: string, names: readonly string[]): void {
  if (!isFolder(folder)) return;
  underLock(folder, () => {
    discardStaged(folder);
    const own = ownFiles(folder).filter((name) => names.includes(name));
    if (own.length === 0) return;
    for (const name of own) rmSync(join(folder, name));
    if (Object.keys(readManifest(folder)).every((name) => names.includes(name))) rmSync(join(folder, OWN_FILES));
  });
}
