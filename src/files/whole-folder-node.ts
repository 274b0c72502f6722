import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CrispError, expectedGot } from "../errors/index.ts";
import { entriesOf, hashOf, type Manifest, OWN_FILES } from "./manifest-node.ts";
import { finishReplacing, isHalfWritten, underLock } from "./replace-files-node.ts";

export interface WholeOptions {
  /** The files that are asked about. */
  readonly names: (name: string) => boolean;
  /** Compare hashes of all of them; default false: sizes, and hashes only where a file's time is not the one that was noted. */
  readonly verify?: boolean;
}

/**
 * Make sure that files of a folder are those that Crisp wrote into it together. A folder without a list of them, such as one from the
 * Hub, is taken as it is.
 *
 * What a killed process had staged as a whole is moved in first.
 *
 * @throws `file/half-written` while another process replaces them, or where what was staged cannot be moved in; `file/changed` for a
 *   file that is missing or others' by now.
 */
export function checkWhole(folder: string, { names, verify = false }: WholeOptions): void {
  finish(folder);
  for (const [name, facts] of Object.entries(listOf(folder))) {
    if (!names(name)) continue;
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) throw changed(path, folder, "none");
    if (found.size !== facts.size) throw changed(path, folder, `one of ${found.size} bytes, not ${facts.size}`);
    if ((verify || found.mtimeMs !== facts.mtimeMs) && hashOf(path) !== facts.sha256)
      throw changed(path, folder, "other bytes than were written");
  }
}

/**
 * Read files of a folder that nobody replaces meanwhile.
 *
 * @throws As `checkWhole`; `file/half-written` too where they were replaced while `read` worked.
 */
export function readWhole<T>(folder: string, options: WholeOptions, read: () => T): T {
  checkWhole(folder, options);
  const before = textOf(folder);
  const done = read();
  if (isHalfWritten(folder) || textOf(folder) !== before) throw halfWritten(folder, "one that was replaced while it was read");
  return done;
}

function finish(folder: string): void {
  if (!isHalfWritten(folder)) return;
  try {
    underLock(folder, () => finishReplacing(folder));
  } catch (error) {
    throw halfWritten(folder, `one that is being replaced (${(error as CrispError).message})`);
  }
}

const halfWritten = (folder: string, got: string): Error =>
  expectedGot("file/half-written", folder, "a folder whose files belong together", got, "Try again.");

const changed = (path: string, folder: string, got: string): Error => {
  const hint = `Save it again or copy it whole; if the change is meant, remove ${join(folder, OWN_FILES)}.`;
  return expectedGot("file/changed", path, "the file that Crisp wrote", got, hint);
};

const textOf = (folder: string): string | undefined => {
  try {
    return readFileSync(join(folder, OWN_FILES), "utf8");
  } catch {
    return undefined;
  }
};

function listOf(folder: string): Manifest {
  const text = textOf(folder);
  if (text === undefined) return {};
  try {
    return entriesOf(JSON.parse(text));
  } catch {
    throw changed(join(folder, OWN_FILES), folder, "one that is no JSON");
  }
}
