import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import { freshProgress, type Progress } from "../loop.ts";
import type { CheckpointStorage, Digest, StoredFile } from "./checkpoint-storage.ts";
import type { RunDescription } from "./run-description.ts";

/** What a checkpoint was made with; results may differ in the last bits with another. */
export interface Surroundings {
  /** Name and version. */
  readonly runtime: string;
  readonly threads: number;
  /** e.g. `avx2 avx512f`. */
  readonly cpuFeatures: string;
}

/** Beside the arrays: everything that decides how the run continues. */
export interface CheckpointHeader {
  readonly progress: Progress;
  readonly run: RunDescription;
  readonly surroundings: Surroundings;
  /** Names and lengths of the float32 arrays, in the order of their bytes. */
  readonly arrays: readonly (readonly [name: string, length: number])[];
}

/** What goes into a checkpoint, one array after another: a device's arrays need not be in host memory all at once. */
export interface ArrayToStore {
  readonly name: string;
  readonly length: number;
  read(): Promise<Float32Array>;
}

/** What every checkpoint begins with. */
export const MAGIC = "CRISPCK";
const VERSION = "2";
/** Magic, version, and the length of the header as uint32. */
const FRONT = 12;
const DIGEST = 32;
const CHUNK = 2 ** 24;

/**
 * The bytes of a checkpoint file.
 *
 * Layout: `CRISPCK2`, uint32 header length, header (JSON, padded with spaces to a multiple of 4), float32 arrays, SHA-256 of all
 * before it. Numbers are little-endian, as on every machine that ONNX Runtime is built for.
 *
 * @param hash - A fresh SHA-256.
 */
export async function* encodeCheckpoint(
  { progress, run, surroundings }: Omit<CheckpointHeader, "arrays">,
  arrays: readonly ArrayToStore[],
  hash: Digest,
): AsyncGenerator<Uint8Array> {
  const header: CheckpointHeader = { progress, run, surroundings, arrays: arrays.map(({ name, length }) => [name, length]) };
  const json = new TextEncoder().encode(toExactJson(header));
  const start = new Uint8Array(Math.ceil((FRONT + json.length) / 4) * 4).fill(0x20);
  start.set(new TextEncoder().encode(MAGIC + VERSION));
  new DataView(start.buffer).setUint32(8, start.length - FRONT, true);
  start.set(json, FRONT);
  hash.update(start);
  yield start;
  for (const array of arrays) {
    const { buffer, byteOffset, byteLength } = await array.read();
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    hash.update(bytes);
    yield bytes;
  }
  yield hash.digest();
}

/** JSON in which every number comes back as it was: JSON itself has no NaN and no infinities, which a metric may be. */
export const toExactJson = (value: unknown): string => JSON.stringify(value, plainNumbers);
export const fromExactJson = (json: string): unknown => JSON.parse(json, allNumbers);

const plainNumbers = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? { notFinite: String(value) } : value;
const allNumbers = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "notFinite" in value ? Number(value.notFinite) : value;

/**
 * Read the header of a checkpoint of which every byte is what was written.
 *
 * @param label - The file, for messages.
 * @throws `checkpoint/corrupt`; `checkpoint/other-version` for a whole file of another version of Crisp.
 */
export async function readCheckpointHeader(
  file: StoredFile,
  label: string,
  createDigest: CheckpointStorage["createDigest"],
): Promise<CheckpointHeader> {
  const { size } = file;
  if (size < FRONT + DIGEST) throw corrupt(label, "a whole checkpoint", `${size} bytes`);
  const hash = createDigest();
  const end = size - DIGEST;
  for (let at = 0; at < end; at += CHUNK) hash.update(await file.read(at, Math.min(CHUNK, end - at)));
  const [computed, written] = [hash.digest(), await file.read(end, DIGEST)];
  if (computed.some((byte, at) => byte !== written[at])) {
    throw corrupt(label, "the SHA-256 that was written with it", "another one");
  }
  const front = await file.read(0, FRONT);
  const [magic, version] = [ascii(front.subarray(0, 7)), ascii(front.subarray(7, 8))];
  if (magic !== MAGIC) throw corrupt(label, "a checkpoint of Crisp", "another file");
  if (version !== VERSION) throw otherVersion(label, version);
  const length = uint32(front, 8);
  if (FRONT + length > end) throw corrupt(label, `a header of at most ${end - FRONT} bytes`, length);
  return checkHeader(new TextDecoder().decode(await file.read(FRONT, length)), end - FRONT - length, label);
}

/** A digest says that a file is whole, not who wrote it: what it declares is held to its size before room is made for it. */
function checkHeader(json: string, bytes: number, label: string): CheckpointHeader {
  let header: Partial<CheckpointHeader> | null;
  try {
    header = fromExactJson(json) as Partial<CheckpointHeader> | null;
  } catch (error) {
    throw corrupt(label, "a header in JSON", (error as Error).message);
  }
  const { progress, run, surroundings, arrays } = header ?? {};
  for (const [name, part] of Object.entries({ progress, run, surroundings })) {
    if (!isObject(part)) throw corrupt(label, `an object ${name} in its header`, printedJson(part) ?? "nothing");
  }
  for (const [name, fresh] of Object.entries(freshProgress)) {
    const value = (progress as unknown as Record<string, unknown>)[name];
    const fits = fresh === null ? value === null || typeof value === "number" : kindOf(value) === kindOf(fresh);
    if (!fits) throw corrupt(label, `progress.${name} in its header as Crisp writes it`, printedJson(value) ?? "nothing");
  }
  const named = Array.isArray(arrays) && arrays.every((one) => Array.isArray(one) && one.length === 2 && isArrayFact(one));
  if (!named) throw corrupt(label, "names and lengths of its arrays", printedJson(arrays) ?? "nothing");
  const declared = (arrays as CheckpointHeader["arrays"]).reduce((sum, [, length]) => sum + 4 * length, 0);
  if (declared !== bytes) throw corrupt(label, `${bytes} bytes of arrays`, declared);
  return header as CheckpointHeader;
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => (Array.isArray(value) ? "list" : typeof value);
const isArrayFact = ([name, length]: readonly unknown[]): boolean =>
  typeof name === "string" && Number.isSafeInteger(length) && (length as number) >= 0;

/**
 * Read the arrays of a checkpoint, in order.
 *
 * @param header - From `readCheckpointHeader`, which has checked the file.
 * @param take - Called with each array.
 */
export async function readCheckpointArrays(
  file: StoredFile,
  header: CheckpointHeader,
  take: (name: string, array: Float32Array) => Promise<void>,
): Promise<void> {
  let at = FRONT + uint32(await file.read(8, 4), 0);
  for (const [name, length] of header.arrays) {
    const array = new Float32Array(length);
    const bytes = new Uint8Array(array.buffer);
    for (let done = 0; done < bytes.length; done += CHUNK) {
      bytes.set(await file.read(at + done, Math.min(CHUNK, bytes.length - done)), done);
    }
    await take(name, array);
    at += bytes.length;
  }
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const uint32 = ({ buffer, byteOffset }: Uint8Array, at: number): number => new DataView(buffer, byteOffset).getUint32(at, true);

const corrupt = (label: string, expected: string, got: string | number): CrispError => {
  const hint = "Delete the file; training then continues from an older one, or from the start.";
  return expectedGot("checkpoint/corrupt", label, expected, got, hint);
};

const otherVersion = (path: string, version: string): CrispError => {
  const hint = "Go on with the version of Crisp that wrote it, or choose another output folder.";
  return new CrispError(
    "checkpoint/other-version",
    `${path}: expected a checkpoint of format ${VERSION}, got format ${version}. ${hint}`,
    { path, version },
  );
};
