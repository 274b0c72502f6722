import { createHash, hash } from "node:crypto";
import { expectedGot } from "../../errors/index.ts";
import { type FileSource, fileSource } from "../table/byte-source-node.ts";

/** A source that gives the same bytes each time, or refuses. */
export interface WatchedSource extends FileSource {
  /** SHA-256 over the whole file; what nobody has read yet is read for it. @throws `data/changed`. */
  fingerprint(): Promise<string>;
}

/** Bytes that are hashed together: about what a block of rows takes, so that reading one costs little more than the block. */
const SEGMENT = 1 << 16;
const UNREAD = -1;

/**
 * Open a file that must not change while it is trained on.
 *
 * The file is cut into segments of 64 KiB. Each is hashed when it is first read, and compared whenever it is read again; 8 bytes a
 * segment stay in memory. Whether a file was touched says nothing: only its bytes count, and its size.
 *
 * @returns The source; its `read` throws `data/changed` where bytes, or the size, are not those from before.
 * @throws `data/unreadable`.
 */
export async function watchedSource(path: string): Promise<WatchedSource> {
  const source = await fileSource(path);
  const { name, size } = source;
  const seen = new Float64Array(Math.ceil(size / SEGMENT)).fill(UNREAD);
  const changed = (rule: string, got: string): Error =>
    expectedGot("data/changed", name, rule, got, "The data changed while they were used: start again, and leave the file alone.");

  async function read(start: number, end: number): Promise<Uint8Array> {
    const now = await source.sizeNow();
    if (now !== size) throw changed(`${size} bytes, as when it was opened`, `${now}`);
    const first = Math.floor(start / SEGMENT);
    const from = first * SEGMENT;
    const bytes = await source.read(from, Math.min(size, Math.ceil(end / SEGMENT) * SEGMENT));
    for (let at = 0; at * SEGMENT < bytes.length; at++) {
      const found = hashOf(bytes.subarray(at * SEGMENT, (at + 1) * SEGMENT));
      if (seen[first + at] !== UNREAD && seen[first + at] !== found)
        throw changed("the bytes that were read before", `others from byte ${from + at * SEGMENT} on`);
      seen[first + at] = found;
    }
    return bytes.subarray(start - from, end - from);
  }

  return {
    ...source,
    read,
    async fingerprint() {
      for (let at = 0; at < seen.length; at++)
        if (seen[at] === UNREAD) await read(at * SEGMENT, Math.min(size, (at + 1) * SEGMENT));
      return createHash("sha256").update(`${size}\n`).update(new Uint8Array(seen.buffer)).digest("hex");
    },
  };
}

/** The first 48 bits of SHA-256: a number that is exact, and no two segments by accident share. */
const hashOf = (segment: Uint8Array): number => Number.parseInt(hash("sha256", segment, "hex").slice(0, 12), 16);
