import { sha256 } from "@noble/hashes/sha2.js";
import { CrispError, expectedGot } from "../../errors/index.ts";
import type { CheckpointStorage, StoredFile } from "./checkpoint-storage.ts";

/** All runs' checkpoints lie below this folder of the origin's own storage. */
const ROOT = "crisp-checkpoints";

/** What a worker can do with a file, and TypeScript's library for pages lacks. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type Handle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/**
 * Checkpoints in the browser's own storage (the origin private file system); only in a worker.
 *
 * A file that was torn by a closed tab is passed over by its digest; the checkpoint before it is deleted only once a newer one is
 * whole and flushed.
 *
 * @param run - Name of the run.
 * @throws `file/bad-name`; `file/disk-full` when the browser's quota is used up; `file/not-writable` where it keeps nothing.
 */
export async function checkpointsInBrowser(run: string): Promise<CheckpointStorage> {
  if (/[/\\]|^\.*$/.test(run)) throw expectedGot("file/bad-name", "checkpoints", "a name without slashes", JSON.stringify(run));
  const folder = await folderOf(run, true);
  const label = (name: string): string => `${run}/${name} in the browser's storage`;
  return {
    async list() {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    },
    async write(name, chunks) {
      try {
        const file = (await folder.getFileHandle(name, { create: true })) as Handle;
        const access = await file.createSyncAccessHandle();
        try {
          access.truncate(0);
          let at = 0;
          for await (const chunk of chunks) at += writeAll(access, chunk, at);
          access.flush();
        } finally {
          access.close();
        }
      } catch (error) {
        await folder.removeEntry(name).catch(() => {});
        throw storageError(label(name), error);
      }
    },
    open: async (name) => openFile(await (await folder.getFileHandle(name)).getFile()),
    remove: (name) => folder.removeEntry(name),
    label,
    createDigest: () => sha256.create(),
  };
}

/** Updates done in the newest checkpoint of a run; undefined where there is none. */
export async function savedCheckpoints(run: string): Promise<number | undefined> {
  const folder = await folderOf(run, false).catch(() => undefined);
  if (!folder) return undefined;
  let newest: number | undefined;
  for await (const name of folder.keys()) {
    const step = Number(/^checkpoint-(\d+)\.crisp$/.exec(name)?.[1] ?? Number.NaN);
    if (step >= (newest ?? 0)) newest = step;
  }
  return newest;
}

/** Delete the checkpoints of a run; nothing happens where there are none. */
export async function deleteCheckpoints(run: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle(ROOT).catch(() => undefined);
  await all?.removeEntry(run, { recursive: true }).catch(() => {});
}

async function folderOf(run: string, create: boolean): Promise<Folder> {
  try {
    const root = await navigator.storage.getDirectory();
    return (await (await root.getDirectoryHandle(ROOT, { create })).getDirectoryHandle(run, { create })) as Folder;
  } catch (error) {
    throw storageError(run, error);
  }
}

function writeAll(access: SyncAccess, bytes: Uint8Array, at: number): number {
  for (let done = 0; done < bytes.length; ) {
    const written = access.write(bytes.subarray(done), { at: at + done });
    if (written === 0) throw new DOMException("no byte was written", "QuotaExceededError");
    done += written;
  }
  return bytes.length;
}

function openFile(file: File): StoredFile {
  return {
    size: file.size,
    read: async (position, length) => new Uint8Array(await file.slice(position, position + length).arrayBuffer()),
    close: async () => {},
  };
}

function storageError(where: string, error: unknown): CrispError {
  const { name, message } = error as DOMException;
  if (name === "QuotaExceededError") {
    const hint = "Delete older runs, or allow this page more storage; the checkpoints before stay.";
    return new CrispError("file/disk-full", `${where}: expected room in the browser's storage, got none left. ${hint}`);
  }
  const hint = "A private window may keep nothing.";
  return new CrispError("file/not-writable", `${where}: expected storage of the browser, got "${message}". ${hint}`);
}
