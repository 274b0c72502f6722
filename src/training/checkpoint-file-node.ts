import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CrispError, expectedGot } from "../errors/index.ts";
import { writeAtomically } from "./atomic-file-node.ts";
import type { Progress } from "./loop.ts";
import type { RunDescription } from "./run-description.ts";

/** What a checkpoint was made with; results may differ in the last bits with another. */
export interface Surroundings {
  /** Name and version. */
  readonly runtime: string;
  readonly threads: number;
  /** e.g. `avx2 avx512f`. */
  readonly cpuFeatures: string;
}

/** Beside the arrays: everything that decides how the run goes on. */
export interface CheckpointHeader {
  readonly progress: Progress;
  readonly run: RunDescription;
  readonly surroundings: Surroundings;
  /** Names and lengths of the float32 arrays, in the order of their bytes. */
  readonly arrays: readonly (readonly [name: string, length: number])[];
}

export type NamedArrays = readonly (readonly [name: string, array: Float32Array])[];

const MAGIC = "CRISPCK";
const VERSION = "2";
/** Magic, version, and the length of the header as uint32. */
const FRONT = 12;
const DIGEST = 32;
const CHUNK = 2 ** 24;

/**
 * Write a checkpoint file: the old bytes or all of the new ones, at every moment.
 *
 * Layout: `CRISPCK2`, uint32 header length, header (JSON, padded with spaces to a multiple of 4), float32 arrays, SHA-256 of all
 * before it. Numbers are little-endian, as on every machine that ONNX Runtime is built for.
 *
 * @throws `file/disk-full`, `file/not-writable`.
 */
export function writeCheckpointFile(path: string, header: Omit<CheckpointHeader, "arrays">, arrays: NamedArrays): void {
  writeAtomically(path, encode({ ...header, arrays: arrays.map(([name, { length }]) => [name, length]) }, arrays));
}

function* encode(header: CheckpointHeader, arrays: NamedArrays): Generator<Uint8Array> {
  const hash = createHash("sha256");
  const json = new TextEncoder().encode(JSON.stringify(header, plainNumbers));
  const start = new Uint8Array(Math.ceil((FRONT + json.length) / 4) * 4).fill(0x20);
  start.set(new TextEncoder().encode(MAGIC + VERSION));
  new DataView(start.buffer).setUint32(8, start.length - FRONT, true);
  start.set(json, FRONT);
  hash.update(start);
  yield start;
  for (const [, { buffer, byteOffset, byteLength }] of arrays) {
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    hash.update(bytes);
    yield bytes;
  }
  yield hash.digest();
}

/** JSON has no NaN and no infinities, which a metric may be. */
const plainNumbers = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? { notFinite: String(value) } : value;
const allNumbers = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "notFinite" in value ? Number(value.notFinite) : value;

/**
 * Read the header of a checkpoint of which every byte is what was written.
 *
 * @throws `checkpoint/corrupt`; `checkpoint/other-version` for a whole file of another version of Crisp.
 */
export function readCheckpointHeader(path: string): CheckpointHeader {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size < FRONT + DIGEST) throw corrupt(path, "a whole checkpoint", `${size} bytes`);
    const hash = createHash("sha256");
    const end = size - DIGEST;
    for (let at = 0; at < end; at += CHUNK) hash.update(readAt(file, at, Math.min(CHUNK, end - at), path));
    if (!hash.digest().equals(readAt(file, end, DIGEST, path))) {
      throw corrupt(path, "the SHA-256 that was written with it", "another one");
    }
    const front = readAt(file, 0, FRONT, path);
    const [magic, version] = [front.toString("latin1", 0, 7), front.toString("latin1", 7, 8)];
    if (magic !== MAGIC) throw corrupt(path, "a checkpoint of Crisp", "another file");
    if (version !== VERSION) throw otherVersion(path, version);
    return JSON.parse(readAt(file, FRONT, front.readUInt32LE(8), path).toString("utf8"), allNumbers) as CheckpointHeader;
  } finally {
    closeSync(file);
  }
}

/**
 * Read the arrays of a checkpoint, in order.
 *
 * @param header - From `readCheckpointHeader`, which has checked the file.
 * @param target - Where each goes; of the length that the header says.
 */
export function readCheckpointArrays(path: string, header: CheckpointHeader, target: (name: string) => Float32Array): void {
  const file = openSync(path, "r");
  try {
    let at = FRONT + readAt(file, 8, 4, path).readUInt32LE(0);
    for (const [name, length] of header.arrays) {
      const { buffer, byteOffset } = target(name);
      for (let done = 0; done < 4 * length; done += CHUNK) {
        const bytes = readAt(file, at + done, Math.min(CHUNK, 4 * length - done), path);
        new Uint8Array(buffer as ArrayBuffer, byteOffset + done, bytes.length).set(bytes);
      }
      at += 4 * length;
    }
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number, length: number, path: string): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, length - done, position + done);
    if (read === 0) throw corrupt(path, `${position + length} bytes`, `${position + done}`);
    done += read;
  }
  return bytes;
}

const corrupt = (path: string, expected: string, got: string): CrispError => {
  const hint = "Delete the file; training then goes on from an older one, or from the start.";
  return expectedGot("checkpoint/corrupt", path, expected, got, hint);
};

const otherVersion = (path: string, version: string): CrispError => {
  const hint = "Go on with the version of Crisp that wrote it, or choose another output folder.";
  return new CrispError(
    "checkpoint/other-version",
    `${path}: expected a checkpoint of format ${VERSION}, got format ${version}. ${hint}`,
    { path, version },
  );
};
