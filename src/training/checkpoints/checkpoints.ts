import { CrispError, expectedGot } from "../../errors/index.ts";
import type { Progress, Saver } from "../loop.ts";
import type { StoredArrays } from "../step/state.ts";
import {
  type ArrayToStore,
  type CheckpointHeader,
  encodeCheckpoint,
  readCheckpointArrays,
  readCheckpointHeader,
  type Surroundings,
} from "./checkpoint-format.ts";
import type { CheckpointStorage, StoredFile } from "./checkpoint-storage.ts";
import { checkSameRun, type RunDescription } from "./run-description.ts";

export interface CheckpointSettings {
  readonly storage: CheckpointStorage;
  readonly state: StoredArrays;
  readonly run: RunDescription;
  readonly surroundings: Surroundings;
  /** Older ones are deleted once a newer one is whole. Each holds the best weights too, so that none of them gets lost. */
  readonly limit: number;
}

/** Where a run continues; what `trainLoop` takes as `resume`. */
export interface Resumed {
  readonly progress: Progress;
  /** Best weights by name, where the run keeps them. */
  readonly best?: ReadonlyMap<string, Float32Array>;
  readonly path: string;
  /** Damaged checkpoints that were passed over; another machine. */
  readonly notes: readonly string[];
}

export const CHECKPOINT_FILE = /^checkpoint-(\d+)\.crisp$/;

/**
 * Saves and finds the checkpoints of one run in one storage, `checkpoint-<updates>.crisp`.
 *
 * @example
 * const storage = checkpointFolder("runs/1");
 * const checkpoints = new Checkpoints({ storage, state: step.state, run: { seed: 1 }, surroundings, limit: 1 });
 * const loop = trainLoop({ step, batches, options, seed: 1, saver: checkpoints, resume: await checkpoints.resume() });
 */
export class Checkpoints implements Saver {
  readonly #settings: CheckpointSettings;

  constructor(settings: CheckpointSettings) {
    this.#settings = settings;
  }

  /**
   * Write, then delete those beyond the limit; the newest is never deleted before its successor is whole.
   *
   * Files of later updates go first: `resume` passed over them because they are damaged, and the run has now come another way.
   *
   * @throws `file/disk-full`, `file/not-writable`; the older checkpoints then stay.
   */
  async save(progress: Progress, best: ReadonlyMap<string, Float32Array> | undefined): Promise<string> {
    const { storage, state, run, surroundings, limit } = this.#settings;
    const name = `checkpoint-${progress.step}.crisp`;
    const arrays = [...arraysOf(state), ...bestArrays(best)];
    await storage.write(name, encodeCheckpoint({ progress, run, surroundings }, arrays, storage.createDigest()));
    const found = await this.#found();
    const kept = new Set(found.filter(({ step }) => step <= progress.step).slice(0, limit));
    for (const other of found) if (!kept.has(other)) await storage.remove(other.name);
    return storage.label(name);
  }

  /**
   * Go on from the newest whole checkpoint: fill the state, say where the run stands.
   *
   * @returns Undefined where there is none.
   * @throws `checkpoint/corrupt` when there are checkpoints and none is whole; `checkpoint/other-run`; `checkpoint/other-version`.
   */
  async resume(): Promise<Resumed | undefined> {
    const { storage, state, run, surroundings } = this.#settings;
    const notes: string[] = [];
    let damaged: CrispError | undefined;
    for (const { name } of await this.#found()) {
      const path = storage.label(name);
      const file = await storage.open(name);
      try {
        const header = await readCheckpointHeader(file, path, storage.createDigest);
        checkSameRun(path, header.run, run);
        notes.push(...differences(header.surroundings, surroundings));
        return { progress: header.progress, best: await load(path, file, header, state), path, notes };
      } catch (error) {
        if (!(error instanceof CrispError) || error.code !== "checkpoint/corrupt") throw error;
        damaged ??= error;
        notes.push(`${error.message} Passed over.`);
      } finally {
        await file.close();
      }
    }
    if (damaged) throw damaged;
    return undefined;
  }

  /** Newest first. */
  async #found(): Promise<{ readonly name: string; readonly step: number }[]> {
    const files = (await this.#settings.storage.list()).flatMap((name) => {
      const step = CHECKPOINT_FILE.exec(name)?.[1];
      return step === undefined ? [] : [{ name, step: Number(step) }];
    });
    return files.sort((a, b) => b.step - a.step);
  }
}

const arraysOf = (state: StoredArrays): ArrayToStore[] =>
  state.layout.map(([name, length]) => ({ name, length, read: () => state.read(name) }));

const BEST = "best ";
const bestArrays = (best?: ReadonlyMap<string, Float32Array>): ArrayToStore[] =>
  Array.from(best ?? [], ([name, array]) => ({ name: BEST + name, length: array.length, read: async () => array }));

/** Fill the state; the best values, where the file has some, are returned. Nothing is changed unless all arrays fit. */
async function load(
  path: string,
  file: StoredFile,
  header: CheckpointHeader,
  state: StoredArrays,
): Promise<Map<string, Float32Array> | undefined> {
  const targets = new Map(state.layout);
  const lengths = new Map(header.arrays);
  const hint = "It is of another model; choose another output folder.";
  for (const [name, length] of targets) {
    if (lengths.get(name) === length) continue;
    const got = lengths.has(name) ? `${lengths.get(name)}` : "none";
    throw expectedGot("checkpoint/other-run", path, `${length} numbers of ${name}`, got, hint);
  }
  for (const [name] of header.arrays) {
    if (!targets.has(name) && !name.startsWith(BEST)) {
      throw expectedGot("checkpoint/other-run", path, "arrays of this model", name, hint);
    }
  }
  const best = new Map<string, Float32Array>();
  await readCheckpointArrays(file, header, async (name, array) => {
    if (targets.has(name)) await state.write(name, array);
    else best.set(name.slice(BEST.length), array);
  });
  return best.size > 0 ? best : undefined;
}

const differences = (then: Surroundings, now: Surroundings): string[] =>
  (Object.keys(now) as (keyof Surroundings)[])
    .filter((key) => then[key] !== now[key])
    .map((key) => `the checkpoint was made with ${key} ${then[key]}, this is ${now[key]}: results may differ in the last bits`);
