import { createHash } from "node:crypto";
import { closeSync, existsSync, lstatSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { checkNotTaken, checkWritable, sweepTemporaryFiles, writeAtomically } from "../../files/index-node.ts";
import { MAGIC } from "./checkpoint-format.ts";
import type { CheckpointStorage, StoredFile } from "./checkpoint-storage.ts";
import { CHECKPOINT_FILE } from "./checkpoints.ts";

/**
 * Checkpoints in a folder on disk, each written under another name first and renamed when it is whole.
 *
 * Files of such names that are no checkpoints are neither replaced nor removed.
 *
 * @param folder - Made where it is missing.
 * @throws `file/not-own` where it holds one; `file/not-writable`, `file/disk-full`.
 */
export function checkpointFolder(folder: string): CheckpointStorage {
  checkWritable(folder);
  sweepTemporaryFiles(folder);
  checkOwnCheckpoints(folder);
  return {
    list: () => readdir(folder),
    async write(name, chunks) {
      // the atomic write is synchronous; live views cost nothing, and a device's arrays are in host memory for that long
      const collected: Uint8Array[] = [];
      for await (const chunk of chunks) collected.push(chunk);
      // hours later
      checkNotTaken(folder);
      checkOwn(join(folder, name));
      writeAtomically(join(folder, name), collected);
    },
    open: (name) => openFile(join(folder, name)),
    remove: async (name) => {
      if (isCheckpoint(join(folder, name))) rmSync(join(folder, name));
    },
    label: (name) => join(folder, name),
    createDigest: () => createHash("sha256"),
  };
}

/** The names of files in a folder that are checkpoints of Crisp by their names and first bytes; none where it is missing, or no folder. */
export function checkpointFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder).filter((name) => CHECKPOINT_FILE.test(name) && isCheckpoint(join(folder, name)));
}

/** @throws `file/not-own` where a folder holds a file that has the name of a checkpoint and is none. */
export function checkOwnCheckpoints(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (CHECKPOINT_FILE.test(name)) checkOwn(join(folder, name));
}

function checkOwn(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false }) || isCheckpoint(path)) return;
  const hint = "Move it away, or choose another folder.";
  throw expectedGot("file/not-own", path, "a checkpoint of Crisp by its first bytes", "a file of other origin", hint);
}

/** Remove a folder's checkpoints; other files stay. */
export function removeCheckpoints(folder: string): void {
  for (const name of checkpointFiles(folder)) rmSync(join(folder, name), { force: true });
}

/** Crisp makes no links. */
function isCheckpoint(path: string): boolean {
  if (!lstatSync(path).isFile()) return false;
  const start = new Uint8Array(MAGIC.length);
  const file = openSync(path, "r");
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return new TextDecoder().decode(start) === MAGIC;
}

async function openFile(path: string): Promise<StoredFile> {
  const file = await open(path, "r");
  const { size } = await file.stat();
  return {
    size,
    async read(position, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done);
        if (bytesRead === 0) throw new Error(`${path}: expected ${position + length} bytes, got ${position + done}`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
