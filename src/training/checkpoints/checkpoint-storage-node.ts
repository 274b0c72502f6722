import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkWritable, sweepTemporaryFiles, writeAtomically } from "../../files/index-node.ts";
import { MAGIC } from "./checkpoint-format.ts";
import type { CheckpointStorage, StoredFile } from "./checkpoint-storage.ts";
import { CHECKPOINT_FILE } from "./checkpoints.ts";

/**
 * Checkpoints in a folder on disk, each written under another name first and renamed when it is whole.
 *
 * @param folder - Made where it is missing.
 * @throws `file/not-writable`, `file/disk-full`.
 */
export function checkpointFolder(folder: string): CheckpointStorage {
  checkWritable(folder);
  sweepTemporaryFiles(folder);
  return {
    list: () => readdir(folder),
    async write(name, chunks) {
      // the atomic write is synchronous; live views cost nothing, and a device's arrays are in host memory for that long
      const collected: Uint8Array[] = [];
      for await (const chunk of chunks) collected.push(chunk);
      writeAtomically(join(folder, name), collected);
    },
    open: (name) => openFile(join(folder, name)),
    remove: async (name) => rmSync(join(folder, name), { force: true }),
    label: (name) => join(folder, name),
    createDigest: () => createHash("sha256"),
  };
}

/** The names of files in a folder that are checkpoints of Crisp by their names and first bytes; none where it is missing. */
export function checkpointFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => CHECKPOINT_FILE.test(name) && startsAsCheckpoint(join(folder, name)));
}

/** Remove a folder's checkpoints; other files stay. */
export function removeCheckpoints(folder: string): void {
  for (const name of checkpointFiles(folder)) rmSync(join(folder, name), { force: true });
}

function startsAsCheckpoint(path: string): boolean {
  const start = new Uint8Array(MAGIC.length);
  const file = openSync(path, "r");
  try {
    readSync(file, start);
  } catch {
    return false; // a folder of such a name
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
