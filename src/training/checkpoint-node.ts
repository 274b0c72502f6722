import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CrispError, expectedGot } from "../errors/index.ts";
import { checkWritable, sweepTemporaryFiles, writeAtomically } from "./atomic-file-node.ts";
import type { Progress, Saver } from "./loop.ts";
import type { TrainingState } from "./state.ts";

/** What a checkpoint was made with; results may differ in the last bits with another. */
export interface Surroundings {
  readonly runtime: string;
  readonly threads: number;
  /** e.g. `avx2 avx512f`. */
  readonly cpuFeatures: string;
}

/** Beside the arrays: everything that decides how the run goes on. */
interface Header {
  readonly version: 1;
  readonly progress: Progress;
  /** What the run follows from: options, seeds, data; must be the same on resume. */
  readonly run: Readonly<Record<string, string | number>>;
  readonly surroundings: Surroundings;
  /** Names and lengths of the float32 arrays, in the order of their bytes. */
  readonly arrays: readonly (readonly [name: string, length: number])[];
}

const MAGIC = "CRISPCK1";
const DIGEST = 32;
const CHUNK = 2 ** 24;
const FILE = /^checkpoint-(\d+)\.crisp$/;

/**
 * Layout: 8 bytes magic, uint32 header length, header (JSON), float32 arrays, SHA-256 of all before it; little-endian.
 *
 * Arrays: each parameter's value, then `m` and `v` of those trained, then the best values where they are kept.
 */
function arraysOf(state: TrainingState, best?: ReadonlyMap<string, Float32Array>): [string, Float32Array][] {
  const values = [...state.parameters.values()];
  return [
    ...values.map(({ name, value }): [string, Float32Array] => [`value ${name}`, value.array]),
    ...state.trained.flatMap(({ name, m, v }): [string, Float32Array][] => [
      [`m ${name}`, m.array],
      [`v ${name}`, v.array],
    ]),
    ...[...(best ?? [])].map(([name, array]): [string, Float32Array] => [`best ${name}`, array]),
  ];
}

export interface CheckpointSettings {
  readonly folder: string;
  readonly state: TrainingState;
  readonly run: Header["run"];
  readonly surroundings: Surroundings;
  /** Older ones are deleted once a newer one is whole. */
  readonly limit: number;
}

/** Saves and finds the checkpoints of one run in one folder, `checkpoint-<updates>.crisp`. */
export class Checkpoints implements Saver {
  readonly #settings: CheckpointSettings;

  /** @throws `file/not-writable`, `file/disk-full`. */
  constructor(settings: CheckpointSettings) {
    this.#settings = settings;
    checkWritable(settings.folder);
    sweepTemporaryFiles(settings.folder);
  }

  /** Write atomically, then delete those beyond the limit; the newest is never deleted before its successor is whole. */
  save(progress: Progress, best: ReadonlyMap<string, Float32Array> | undefined): string {
    const { folder, state, run, surroundings, limit } = this.#settings;
    const arrays = arraysOf(state, best);
    const header: Header = {
      version: 1,
      progress,
      run,
      surroundings,
      arrays: arrays.map(([name, { length }]) => [name, length]),
    };
    const path = join(folder, `checkpoint-${progress.step}.crisp`);
    writeAtomically(path, encode(header, arrays));
    for (const { file } of this.#found().slice(limit)) rmSync(join(folder, file), { force: true });
    return path;
  }

  /** Newest first. */
  #found(): { file: string; step: number }[] {
    const files = readdirSync(this.#settings.folder).flatMap((file) => {
      const step = FILE.exec(file)?.[1];
      return step === undefined ? [] : [{ file, step: Number(step) }];
    });
    return files.sort((a, b) => b.step - a.step);
  }

  /**
   * Go on from the newest whole checkpoint: fill the state, say where the run stands.
   *
   * @returns Undefined where there is none; `notes` tell of damaged ones that were passed over and of another machine.
   * @throws `checkpoint/corrupt` when there are checkpoints and none is whole; `checkpoint/other-run`.
   */
  resume(): { progress: Progress; best?: ReadonlyMap<string, Float32Array>; notes: string[] } | undefined {
    const { folder, state, run, surroundings } = this.#settings;
    const notes: string[] = [];
    let damaged: unknown;
    for (const { file } of this.#found()) {
      const path = join(folder, file);
      let header: Header;
      try {
        header = verified(path);
      } catch (error) {
        damaged = error;
        notes.push(`${(error as Error).message} Passed over.`);
        continue;
      }
      checkSameRun(path, header.run, run);
      notes.push(...differences(header.surroundings, surroundings));
      return { progress: header.progress, best: load(path, header, state), notes };
    }
    if (damaged) throw damaged;
    return undefined;
  }
}

function* encode(header: Header, arrays: readonly [string, Float32Array][]): Generator<Uint8Array> {
  const hash = createHash("sha256");
  const json = new TextEncoder().encode(JSON.stringify(header));
  // padded so that the arrays start at a multiple of 4
  const start = new Uint8Array(Math.ceil((12 + json.length) / 4) * 4).fill(0x20);
  start.set(new TextEncoder().encode(MAGIC));
  new DataView(start.buffer).setUint32(8, start.length - 12, true);
  start.set(json, 12);
  hash.update(start);
  yield start;
  for (const [, { buffer, byteOffset, byteLength }] of arrays) {
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    hash.update(bytes);
    yield bytes;
  }
  yield hash.digest();
}

const corrupt = (path: string, expected: string, got: string): CrispError =>
  expectedGot(
    "checkpoint/corrupt",
    path,
    expected,
    got,
    "Delete the file; training then goes on from an older one, or from the start.",
  );

/** The header of a file whose every byte has been checked. */
function verified(path: string): Header {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size < 12 + DIGEST) throw corrupt(path, "a whole checkpoint", `${size} bytes`);
    const hash = createHash("sha256");
    const end = size - DIGEST;
    for (let at = 0; at < end; at += CHUNK) hash.update(readAt(file, at, Math.min(CHUNK, end - at), path));
    if (!hash.digest().equals(readAt(file, end, DIGEST, path))) {
      throw corrupt(path, "the SHA-256 that was written with it", "another one");
    }
    const head = readAt(file, 0, 12, path);
    if (head.toString("latin1", 0, 8) !== MAGIC)
      throw corrupt(path, "a checkpoint of this version", head.toString("latin1", 0, 8));
    return JSON.parse(readAt(file, 12, head.readUInt32LE(8), path).toString("utf8")) as Header;
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

/** Fill the state; the best values, where the file has some, are returned. */
function load(path: string, header: Header, state: TrainingState): Map<string, Float32Array> | undefined {
  const targets = new Map(arraysOf(state));
  const best = new Map<string, Float32Array>();
  const file = openSync(path, "r");
  try {
    let at = 12 + readAt(file, 8, 4, path).readUInt32LE(0);
    for (const [name, length] of header.arrays) {
      const array = name.startsWith("best ") ? new Float32Array(length) : targets.get(name);
      if (array?.length !== length) throw expectedGot("checkpoint/other-run", path, `an array ${name} of this model`, length);
      const bytes = readAt(file, at, 4 * length, path);
      new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength).set(bytes);
      at += 4 * length;
      if (name.startsWith("best ")) best.set(name.slice(5), array);
    }
  } finally {
    closeSync(file);
  }
  return best.size > 0 ? best : undefined;
}

function checkSameRun(path: string, found: Header["run"], wanted: Header["run"]): void {
  const different = Object.keys({ ...found, ...wanted }).find((key) => found[key] !== wanted[key]);
  if (different === undefined) return;
  const hint = "Use the settings it was started with, or another output folder.";
  throw expectedGot(
    "checkpoint/other-run",
    path,
    `${different} ${wanted[different] ?? "unset"}, as now`,
    `${found[different] ?? "unset"}`,
    hint,
  );
}

const differences = (then: Surroundings, now: Surroundings): string[] =>
  (Object.keys(now) as (keyof Surroundings)[])
    .filter((key) => then[key] !== now[key])
    .map((key) => `the checkpoint was made with ${key} ${then[key]}, this is ${now[key]}: results may differ in the last bits`);

/** Remove a run's checkpoints once its result is kept elsewhere. */
export function removeCheckpoints(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
