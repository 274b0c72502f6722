import { createHash } from "node:crypto";
import { type CrispError, expectedGot } from "../../../../errors/index.ts";
import { MAGIC } from "../../checkpoint-format.ts";
import type { CheckpointStorage, StoredFile } from "../../checkpoint-storage.ts";
import { CHECKPOINT_FILE } from "../../checkpoints.ts";
import { type Environment, s3Address } from "./address.ts";
import { openBucket, type S3Bucket, type S3Part, type S3Patience } from "./bucket-node.ts";

export interface S3Options extends S3Patience {
  /** Default: the process's own variables, see `s3Address`. */
  readonly env?: Environment;
}

/** What is read at once: many arrays of a model are small, and each request takes a round trip. */
const BLOCK = 2 ** 24;

/**
 * Checkpoints in a bucket of S3, each written in one request whose SHA-256 the server compares before it keeps anything.
 *
 * Objects of such names that are no checkpoints are neither replaced nor removed.
 *
 * @param where - `s3://bucket/prefix`.
 * @throws `file/not-own` where there is one; what `s3Address` and `openBucket` throw.
 */
export async function s3Checkpoints(where: string, options: S3Options = {}): Promise<CheckpointStorage> {
  const run = await s3Run(where, options);
  for (const name of await run.list()) if (CHECKPOINT_FILE.test(name)) await run.checkOwn(name);
  return {
    list: run.list,
    async write(name, chunks) {
      // the signature is over the hash of all bytes; live views cost nothing, and a device's arrays are in host memory for that long
      const collected: Uint8Array[] = [];
      for await (const chunk of chunks) collected.push(chunk);
      await run.checkOwn(name);
      await run.bucket.write(run.key(name), collected);
    },
    open: (name) => openObject(run.bucket, run.key(name), run.label(name)),
    async remove(name) {
      if (await run.isOwn(name)) await run.bucket.remove(run.key(name));
    },
    label: run.label,
    createDigest: () => createHash("sha256"),
  };
}

/** Remove a run's checkpoints; other objects stay. */
export async function clearS3Checkpoints(where: string, options: S3Options = {}): Promise<void> {
  const run = await s3Run(where, options);
  for (const name of await run.list()) {
    if (CHECKPOINT_FILE.test(name) && (await run.isOwn(name))) await run.bucket.remove(run.key(name));
  }
}

/** Make sure that objects below `where` can be listed, written and removed. */
export async function checkS3(where: string, options: S3Options = {}): Promise<void> {
  const { list, bucket, key } = await s3Run(where, options);
  await list();
  const probe = key(`.crisp-probe-${crypto.randomUUID()}`);
  await bucket.write(probe, [Uint8Array.of(0)]);
  await bucket.remove(probe);
}

async function s3Run(where: string, { env = process.env, ...patience }: S3Options) {
  const address = s3Address(where, env);
  const bucket = await openBucket(address, patience);
  const key = (name: string): string => address.prefix + name;
  const label = (name: string): string => `${address.name}/${name}`;
  /** Undefined where there is no such object. */
  const isOwn = async (name: string): Promise<boolean | undefined> => {
    const start = await bucket.read(key(name), 0, MAGIC.length);
    return start && new TextDecoder().decode(start.bytes) === MAGIC;
  };
  const checkOwn = async (name: string): Promise<void> => {
    if ((await isOwn(name)) !== false) return;
    const hint = "Move it away, or choose another prefix.";
    throw expectedGot("file/not-own", label(name), "a checkpoint of Crisp by its first bytes", "an object of other origin", hint);
  };
  return { bucket, key, label, isOwn, checkOwn, list: () => bucket.list(address.prefix) };
}

/** Read in blocks, of which the last one is kept; the object must stay the one it was when it was opened. */
async function openObject(bucket: S3Bucket, key: string, label: string): Promise<StoredFile> {
  const fetched = async (position: number, etag?: string): Promise<S3Part> => {
    const part = await bucket.read(key, position, BLOCK, etag);
    if (part) return part;
    throw gone(label);
  };
  let at = 0;
  let block = await fetched(0);
  const { size, etag } = block;
  return {
    size,
    async read(position, length) {
      if (position + length > size) throw new Error(`${label}: expected ${position + length} bytes, got ${size}`);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const start = position + done - ((position + done) % BLOCK);
        if (start !== at) [at, block] = [start, await fetched(start, etag)];
        const piece = block.bytes.subarray(position + done - at, position + length - at);
        bytes.set(piece, done);
        done += piece.length;
      }
      return bytes;
    },
    close: async () => {},
  };
}

const gone = (label: string): CrispError =>
  expectedGot("checkpoint/refused", label, "an object that was listed", "none", "Somebody else has removed it; try again.");
