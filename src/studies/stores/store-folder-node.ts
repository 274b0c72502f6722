import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../../errors/index.ts";
import { checkWritable, type Lock, lockFolder, sweepTemporaryFiles, writeAtomically } from "../../files/index-node.ts";
import { checkRunLog, isRunLog, logFile } from "../../runs/index-node.ts";
import { checkOwnCheckpoints, removeCheckpoints } from "../../training/index-node.ts";
import {
  type AskedRuns,
  idsOf,
  type KeptStudy,
  type RunKey,
  runName,
  type StoredRun,
  type StudyHeader,
  type StudyPlan,
  type StudyRun,
  type StudyStore,
  settleStudy,
} from "./store.ts";

/** What `study.json` holds; `ids` name all runs whose files in `runs/` are this study's, so that nothing else is ever touched. */
export interface StudyFile extends Omit<StudyHeader, "runs">, KeptStudy {
  readonly generator: typeof GENERATOR;
  /** Those runs whose result is still that of a study before it: it stays until the new one is whole. */
  readonly replaces: readonly string[];
  /**
   * How often the folder's study was overwritten. Logs and checkpoints of a later one have names of their own, so that those from before
   * stay until its runs are finished; left out, 0.
   */
  readonly overwritten?: number;
}
const GENERATOR = "crisp-attention";

export interface FolderStoreOptions {
  /** Start afresh where the folder holds a study; each of its results stays until a new one replaces it. */
  readonly overwrite?: boolean;
  /** The caller keeps the folder for this process (`lockFolder`); default false, the store does. */
  readonly kept?: boolean;
}

/**
 * A study in a folder: `study.json`, and in `runs/` for each run its result `<arm>.seed-<n>.json`, its log `….log.jsonl`, and while
 * it is unfinished a folder of checkpoints; after the first overwriting `<arm>.seed-<n>.1.log.jsonl`, and so on.
 *
 * `open` throws `study/busy` while another process works on it, `study/not-ours` where files of other origin have the names of its
 * own, `study/corrupt`, `file/not-writable`.
 *
 * @param folder - Made where it is missing; whatever else it holds is left alone.
 */
export const folderStore = (folder: string, options: FolderStoreOptions = {}): StudyStore => new FolderStore(folder, options);

class FolderStore implements StudyStore {
  readonly #folder: string;
  readonly #overwrite: boolean;
  readonly #kept: boolean;
  #lock: Lock | undefined;
  #opened = false;
  #file!: StudyFile;
  #asked: readonly StudyRun[] = [];
  /** Worker by run's name. */
  readonly #claims = new Map<string, string>();

  constructor(folder: string, { overwrite = false, kept = false }: FolderStoreOptions) {
    this.#folder = folder;
    this.#overwrite = overwrite;
    this.#kept = kept;
  }

  async open(header: StudyHeader): Promise<StudyPlan> {
    if (!this.#kept) this.#lock = lockFolder(this.#folder, { code: "study/busy", what: "study" });
    try {
      this.#asked = header.runs;
      this.#write(this.#begin(header));
      this.#opened = true;
      return this.#file.plan;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #begin(header: StudyHeader): StudyFile {
    const names = this.#asked.map(runName);
    const found = readStudyFile(this.#folder);
    const overwritten = (found?.overwritten ?? 0) + Number(this.#overwrite && found !== undefined);
    this.#refuseStrangers(
      names.filter((name) => !(found && name in found.ids)),
      overwritten,
    );
    for (const name of Object.keys(found?.ids ?? {})) this.#checkListed(name, overwritten);
    checkWritable(join(this.#folder, "runs"));
    sweepTemporaryFiles(this.#folder);
    sweepTemporaryFiles(join(this.#folder, "runs"));
    const { runs: _, ...asked } = header;
    const ids = { ...found?.ids, ...idsOf(header) };
    const fresh = { generator: GENERATOR, ...asked, ids, replaces: [], overwritten } as const;
    if (!found) return fresh;
    if (this.#overwrite) return { ...fresh, replaces: Object.keys(ids).filter((name) => existsSync(this.#result(name))) };
    const anyFinished = Object.keys(found.ids).some((name) => !found.replaces.includes(name) && existsSync(this.#result(name)));
    const kept = settleStudy(this.#folder, found, header, anyFinished);
    return { ...(anyFinished ? found : { ...found, ...asked }), ...kept };
  }

  /** @throws `study/not-ours`. */
  #refuseStrangers(names: readonly string[], overwritten: number): void {
    for (const name of names) {
      const stranger = [this.#result(name), this.#log(name, overwritten), this.#checkpoints(name, overwritten)].find(isThere);
      if (stranger !== undefined) throw notOurs(stranger, `nothing, as ${this.#folder} holds no study with that run`);
    }
  }

  /** What a run of the list is about to replace, add to or remove may by now be somebody else's. @throws `study/not-ours`, `file/not-own`. */
  #checkListed(name: string, overwritten: number): void {
    for (let at = 0; at <= overwritten; at++) {
      checkRunLog(this.#log(name, at));
      checkOwnCheckpoints(this.#checkpoints(name, at));
    }
    const file = this.#result(name);
    if (!this.#overwrite || !isThere(file) || isResult(file, name)) return;
    throw notOurs(file, `the result of ${name}, or no file`);
  }

  async claim(worker: string): Promise<StudyRun | undefined> {
    const free = this.#asked.find((run) => !this.#claims.has(runName(run)) && !this.#isFinished(runName(run)));
    if (free) this.#claims.set(runName(free), worker);
    return free;
  }

  async beat(run: StudyRun, worker: string): Promise<boolean> {
    return this.#claims.get(runName(run)) === worker;
  }

  async release(run: StudyRun, worker: string): Promise<void> {
    if (this.#claims.get(runName(run)) === worker) this.#claims.delete(runName(run));
  }

  /** The lock keeps all others out of the folder. */
  async othersAtWork(): Promise<boolean> {
    return false;
  }

  async finish(run: StudyRun, worker: string, result: StoredRun): Promise<boolean> {
    const name = runName(run);
    if (this.#claims.get(name) !== worker) return false;
    writeAtomically(this.#result(name), bytes(JSON.stringify(result)));
    this.#removeCheckpoints(name);
    this.#removeEarlier(name);
    this.#claims.delete(name);
    const { replaces } = this.#file;
    if (replaces.includes(name)) this.#write({ ...this.#file, replaces: replaces.filter((other) => other !== name) });
    if (this.#asked.every((other) => this.#isFinished(runName(other)))) this.#removeReplaced();
    return true;
  }

  checkpoints(run: StudyRun): string {
    return this.#checkpoints(runName(run));
  }

  log(run: StudyRun) {
    return logFile(this.#log(runName(run)));
  }

  async finished(of?: AskedRuns): Promise<readonly StoredRun[]> {
    const file = this.#opened ? this.#file : this.#left();
    if (!file) return [];
    const asked = of ? of.runs.filter((run) => file.ids[runName(run)] === run.id) : this.#asked;
    return asked.filter((run) => this.#isFinished(runName(run), file)).map((run) => this.#read(run));
  }

  /** What another store left of the study; nothing where this one will overwrite it. */
  #left = (): StudyFile | undefined => (this.#overwrite ? undefined : readStudyFile(this.#folder));

  async close(): Promise<void> {
    this.#claims.clear();
    this.#lock?.release();
    this.#lock = undefined;
  }

  #result = (name: string): string => join(this.#folder, "runs", `${name}.json`);
  #log = (name: string, overwritten = this.#file.overwritten): string => join(this.#folder, "runs", logName(name, overwritten));
  #checkpoints = (name: string, overwritten = this.#file.overwritten): string =>
    join(this.#folder, "runs", unfinishedName(name, overwritten));

  #isFinished(name: string, { replaces } = this.#file): boolean {
    return !replaces.includes(name) && existsSync(this.#result(name));
  }

  #read({ arm, seed }: RunKey): StoredRun {
    const file = this.#result(runName({ arm, seed }));
    const hint = "Remove the file; its run is then done again.";
    const run = readJson<Partial<StoredRun> | null>(file, hint);
    const { record } = run ?? {};
    if (record?.arm !== arm || record.seed !== seed || !run?.maps || !run.runtime) {
      throw expectedGot("study/corrupt", file, `a run of ${arm} with seed ${seed}`, "something else", hint);
    }
    return run as StoredRun;
  }

  #write(file: StudyFile): void {
    writeAtomically(join(this.#folder, "study.json"), bytes(`${JSON.stringify(file, null, 2)}\n`));
    this.#file = file;
  }

  /** Logs and checkpoints of a run of this name from before the study was overwritten. */
  #removeEarlier(name: string): void {
    for (let at = 0; at < (this.#file.overwritten ?? 0); at++) {
      this.#removeCheckpoints(name, at);
      if (isRunLog(this.#log(name, at))) rmSync(this.#log(name, at));
    }
  }

  /** The folder goes when nothing else is in it. */
  #removeCheckpoints(name: string, overwritten?: number): void {
    const folder = this.#checkpoints(name, overwritten);
    if (!existsSync(folder)) return;
    sweepTemporaryFiles(folder);
    removeCheckpoints(folder);
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }

  /** What is left of an overwritten study that the new one has no run for. */
  #removeReplaced(): void {
    const { replaces, ids } = this.#file;
    const asked = new Set(this.#asked.map(runName));
    for (const name of Object.keys(ids)) if (!asked.has(name)) this.#removeEarlier(name);
    if (replaces.length === 0) return;
    for (const name of replaces) if (isResult(this.#result(name), name)) rmSync(this.#result(name));
    const left = Object.entries(ids).filter(([name]) => !replaces.includes(name));
    this.#write({ ...this.#file, ids: Object.fromEntries(left), replaces: [] });
  }
}

/** Of a run's log. */
export const logName = (name: string, overwritten?: number): string => `${unfinishedName(name, overwritten)}.log.jsonl`;
const unfinishedName = (name: string, overwritten = 0): string => (overwritten === 0 ? name : `${name}.${overwritten}`);

/** Links that lead nowhere, too. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Whether a file is the result of a run of this name. */
function isResult(file: string, name: string): boolean {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return false;
  try {
    const { record } = JSON.parse(readFileSync(file, "utf8")) as StoredRun;
    return runName(record) === name;
  } catch {
    return false;
  }
}

/** Undefined where the folder holds no study. */
export function readStudyFile(folder: string): StudyFile | undefined {
  const file = join(folder, "study.json");
  if (!isThere(file)) return undefined;
  // Crisp makes no links
  if (!lstatSync(file).isFile()) throw notOurs(file, "a study's own file, or none");
  const found = readJson<Partial<StudyFile> | null>(
    file,
    "Give another --output_dir, or remove it and the files of its runs in runs/.",
  );
  if (found?.generator !== GENERATOR || !Array.isArray(found.replaces)) throw notOurs(file, "a study's own file, or none");
  if (typeof found.ids !== "object") {
    const hint = "Give another --output_dir, or go on with it in the version that began it.";
    throw expectedGot("study/other-version", file, "a study of this version of Crisp", "one of an earlier version", hint);
  }
  return found as StudyFile;
}

const notOurs = (file: string, expected: string): CrispError =>
  expectedGot("study/not-ours", file, expected, "a file of other origin, which stays as it is", "Give another --output_dir.");

const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

function readJson<T>(file: string, hint: string): T {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (error) {
    throw new CrispError("study/corrupt", `${file}: expected JSON, got ${(error as Error).message}. ${hint}`);
  }
}
