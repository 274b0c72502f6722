import { isUtf8 } from "node:buffer";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import type { ByteSource } from "./byte-source.ts";
import { isGzip } from "./decode.ts";

/** A source that holds an open file. */
export interface FileSource extends ByteSource {
  /** Bytes of the file by now; `size` is that of when it was opened. */
  sizeNow(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Open a file for reading piece by piece.
 *
 * @param path - The file.
 * @returns The source, named after the file; `close` it when done.
 * @throws `data/unreadable`, also when the file shrinks while it is read.
 * @example
 * const source = await fileSource("train.parquet");
 */
export async function fileSource(path: string): Promise<FileSource> {
  const refuse = (got: string, hint = "Check the path."): Error =>
    expectedGot("data/unreadable", path, "a readable file", got, hint);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const facts = await handle.stat();
    if (!facts.isFile()) throw Object.assign(new Error("no file"), { code: facts.isDirectory() ? "EISDIR" : "ENOTFILE" });
    const { size } = facts;
    const file = handle;
    return {
      name: basename(path),
      size,
      isUtf8,
      sizeNow: async () => (await file.stat()).size,
      async read(start, end) {
        const bytes = new Uint8Array(end - start);
        for (let at = 0; at < bytes.length; ) {
          const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
          if (bytesRead === 0)
            throw refuse("a file that became shorter while it was read", "Leave it alone until the run is over.");
          at += bytesRead;
        }
        return bytes;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await handle?.close();
    const { code, message } = error as NodeJS.ErrnoException;
    const known: Readonly<Record<string, string>> = {
      ENOENT: "no such file",
      EISDIR: "a folder",
      EACCES: "a file that may not be read",
      ENOTFILE: "a pipe or device",
    };
    throw refuse(known[code ?? ""] ?? message);
  }
}

/**
 * Bytes that a file takes once it is read: of gzip, what its last four bytes say is packed in it, which may be less than is.
 *
 * @returns 0 where there is no such file.
 */
export function unpackedBytes(path: string): number {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return 0;
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return 0;
    const [first, last] = [Buffer.alloc(2), Buffer.alloc(4)];
    readSync(file, first, 0, 2, 0);
    if (!isGzip(first) || facts.size < 18) return facts.size;
    readSync(file, last, 0, 4, facts.size - 4);
    return Math.max(facts.size, last.readUInt32LE());
  } finally {
    closeSync(file);
  }
}
