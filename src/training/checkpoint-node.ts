import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { checkWritable, sweepTemporaryFiles } from "./atomic-file-node.ts";
import {
  type CheckpointHeader,
  type NamedArrays,
  readCheckpointArrays,
  readCheckpointHeader,
  type Surroundings,
  writeCheckpointFile,
} from "./checkpoint-file-node.ts";
import type { Progress, Saver } from "./loop.ts";
import { checkSameRun, type RunDescription } from "./run-description.ts";
import type { StoredArrays } from "./state.ts";

export interface CheckpointSettings {
  readonly folder: string;
  readonly state: StoredArrays;
  readonly run: RunDescription;
  readonly surroundings: Surroundings;
  /** Older ones are deleted once a newer one is whole. Each holds the best weights too, so that none of them gets lost. */
  readonly limit: number;
}

/** Where a run goes on; what `trainLoop` takes as `resume`. */
export interface Resumed {
  readonly progress: Progress;
  /** Best weights by name, where the run keeps them. */
  readonly best?: ReadonlyMap<string, Float32Array>;
  readonly path: string;
  /** Damaged checkpoints that were passed over; another machine. */
  readonly notes: readonly string[];
}

const FILE = /^checkpoint-(\d+)\.crisp$/;

/**
 * Saves and finds the checkpoints of one run in one folder, `checkpoint-<updates>.crisp`.
 *
 * @example
 * const checkpoints = new Checkpoints({ folder, state: step.state, run: { seed: 1 }, surroundings, limit: 1 });
 * const loop = trainLoop({ step, batches, options, seed: 1, saver: checkpoints, resume: checkpoints.resume() });
 */
export class Checkpoints implements Saver {
  readonly #settings: CheckpointSettings;

  /** @throws `file/not-writable`, `file/disk-full`. */
  constructor(settings: CheckpointSettings) {
    this.#settings = settings;
    checkWritable(settings.folder);
    sweepTemporaryFiles(settings.folder);
  }

  /**
   * Write atomically, then delete those beyond the limit; the newest is never deleted before its successor is whole.
   *
   * Files of later updates go first: `resume` passed over them because they are damaged, and the run has now come another way.
   *
   * @throws `file/disk-full`, `file/not-writable`; the older checkpoints then stay.
   */
  async save(progress: Progress, best: ReadonlyMap<string, Float32Array> | undefined): Promise<string> {
    const { folder, state, run, surroundings, limit } = this.#settings;
    const path = join(folder, `checkpoint-${progress.step}.crisp`);
    writeCheckpointFile(path, { progress, run, surroundings }, [...(await arraysOf(state)), ...bestArrays(best)]);
    const found = this.#found();
    const kept = new Set(found.filter(({ step }) => step <= progress.step).slice(0, limit));
    for (const other of found) if (!kept.has(other)) rmSync(join(folder, other.file), { force: true });
    return path;
  }

  /**
   * Go on from the newest whole checkpoint: fill the state, say where the run stands.
   *
   * @returns Undefined where there is none.
   * @throws `checkpoint/corrupt` when there are checkpoints and none is whole; `checkpoint/other-run`; `checkpoint/other-version`.
   */
  async resume(): Promise<Resumed | undefined> {
    const { folder, state, run, surroundings } = this.#settings;
    const notes: string[] = [];
    let damaged: CrispError | undefined;
    for (const { file } of this.#found()) {
      const path = join(folder, file);
      let header: CheckpointHeader;
      try {
        header = readCheckpointHeader(path);
      } catch (error) {
        if (!(error instanceof CrispError) || error.code !== "checkpoint/corrupt") throw error;
        damaged ??= error;
        notes.push(`${error.message} Passed over.`);
        continue;
      }
      checkSameRun(path, header.run, run);
      notes.push(...differences(header.surroundings, surroundings));
      return { progress: header.progress, best: await load(path, header, state), path, notes };
    }
    if (damaged) throw damaged;
    return undefined;
  }

  /** Newest first. */
  #found(): { readonly file: string; readonly step: number }[] {
    const files = readdirSync(this.#settings.folder).flatMap((file) => {
      const step = FILE.exec(file)?.[1];
      return step === undefined ? [] : [{ file, step: Number(step) }];
    });
    return files.sort((a, b) => b.step - a.step);
  }
}

const arraysOf = (state: StoredArrays): Promise<NamedArrays> =>
  Promise.all(state.layout.map(async ([name]) => [name, await state.read(name)] as const));

const BEST = "best ";
const bestArrays = (best?: ReadonlyMap<string, Float32Array>): NamedArrays =>
  [...(best ?? [])].map(([name, array]) => [BEST + name, array]);

/** Fill the state; the best values, where the file has some, are returned. Nothing is changed unless all arrays fit. */
async function load(path: string, header: CheckpointHeader, state: StoredArrays): Promise<Map<string, Float32Array> | undefined> {
  const targets = new Map(await arraysOf(state));
  const lengths = new Map(header.arrays);
  const best = new Map<string, Float32Array>();
  for (const [name, array] of targets) {
    if (lengths.get(name) === array.length) continue;
    const got = lengths.has(name) ? `${lengths.get(name)}` : "none";
    const hint = "It is of another model; choose another output folder.";
    throw expectedGot("checkpoint/other-run", path, `${array.length} numbers of ${name}`, got, hint);
  }
  for (const [name, length] of header.arrays) {
    if (name.startsWith(BEST)) best.set(name.slice(BEST.length), new Float32Array(length));
    else if (!targets.has(name)) {
      const hint = "It is of another model; choose another output folder.";
      throw expectedGot("checkpoint/other-run", path, "arrays of this model", name, hint);
    }
  }
  readCheckpointArrays(path, header, (name) => targets.get(name) ?? best.get(name.slice(BEST.length))!);
  for (const [name, array] of targets) await state.write(name, array);
  return best.size > 0 ? best : undefined;
}

const differences = (then: Surroundings, now: Surroundings): string[] =>
  (Object.keys(now) as (keyof Surroundings)[])
    .filter((key) => then[key] !== now[key])
    .map((key) => `the checkpoint was made with ${key} ${then[key]}, this is ${now[key]}: results may differ in the last bits`);
