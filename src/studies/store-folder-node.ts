import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { checkWritable, sweepTemporaryFiles, writeAtomically } from "../files/index-node.ts";
import type { RunResult } from "../runs/index.ts";
import type { StudyDefinition } from "./definition.ts";

/** What is kept of a finished run. */
export type StoredRun = Omit<RunResult, "weights">;

const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

/** What was fixed before the first run: verdicts hold for no other. */
export interface StudyPlan {
  readonly seeds: readonly number[];
  /** Numbers of seeds at which results are judged. */
  readonly looks: readonly number[];
  readonly claims?: readonly string[];
}

interface StudyJson {
  readonly fingerprint?: string;
  readonly plan?: StudyPlan;
}

/**
 * A hash of everything that decides a study's runs, so that a folder is continued only by the same study.
 *
 * A model folder counts by its weights, not by its path. Seeds, looks and claims are left out: they are the plan's.
 */
export function fingerprint({ study, model, data, configurations, options, tokenizer }: StudyDefinition): string {
  const hash = createHash("sha256");
  const fresh = model.kind === "fresh" ? model.config : undefined;
  hash.update(JSON.stringify({ study, fresh, configurations, options, maxLength: tokenizer.maxLength }));
  if (model.kind === "folder") {
    const weights = readdirSync(model.path).filter((name) => /\.safetensors(\.index\.json)?$/.test(name));
    for (const name of ["config.json", ...weights.sort()]) hash.update(readFileSync(join(model.path, name)));
  }
  for (const dataset of [data.train, data.selection, data.reported]) {
    hash.update(`\n${dataset?.labels.join("\t") ?? "none"}\n`);
    for (const { index, text, pair, label } of dataset?.examples ?? [])
      hash.update(`${index}\t${label}\t${text}\t${pair ?? ""}\n`);
  }
  return hash.digest("hex");
}

/**
 * The folder of one study: `study.json`, and in `runs/` one file a finished run beside the checkpoints of unfinished ones.
 *
 * The plan is that of whoever began: as long as no run is finished it may change, afterwards more seeds add runs, but no verdict
 * that was not planned.
 */
export class StudyStore {
  readonly folder: string;
  readonly plan: StudyPlan;
  readonly #lock: string;
  readonly #unlock = (): void => rmSync(this.#lock, { force: true });

  /**
   * Open or make the folder, for this process alone until `close`.
   *
   * @throws `study/other-study` when it holds a study of other data, configurations, options or seeds; `study/busy` while another
   *   process works on it; `study/corrupt`; `file/not-writable`.
   */
  constructor(folder: string, definition: StudyDefinition) {
    this.folder = folder;
    this.#lock = join(folder, ".lock");
    checkWritable(join(folder, "runs"));
    lock(this.#lock, folder);
    // a second Ctrl-C ends the process at once
    process.once("exit", this.#unlock);
    try {
      this.plan = this.#open(definition);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #open(definition: StudyDefinition): StudyPlan {
    const { folder } = this;
    sweepTemporaryFiles(folder);
    sweepTemporaryFiles(join(folder, "runs"));
    const file = join(folder, "study.json");
    const own = fingerprint(definition);
    const { study, corpus, configurations, seeds, looks = [seeds.length], claims, options, command } = definition;
    if (existsSync(file)) {
      const found = readJson<StudyJson>(file, "Remove the folder to start afresh.");
      if (found?.fingerprint !== own) {
        const hint = "Give another --output_dir, or --overwrite_output_dir to start afresh.";
        throw expectedGot(
          "study/other-study",
          folder,
          "a study of the same data, configurations and options",
          "another one",
          hint,
        );
      }
      const { plan } = found;
      if (plan && readdirSync(join(folder, "runs")).some((name) => name.endsWith(".json"))) {
        const extends_ = (more: readonly number[], fewer: readonly number[]) => fewer.every((seed) => more.includes(seed));
        if (extends_(seeds, plan.seeds) || extends_(plan.seeds, seeds)) return plan;
        const hint = "Give another --output_dir, or --overwrite_output_dir to start afresh.";
        throw expectedGot(
          "study/other-study",
          folder,
          `seeds ${plan.seeds.join(",")}, or more beside them`,
          seeds.join(","),
          hint,
        );
      }
    }
    const plan: StudyPlan = { seeds, looks, claims };
    const about = { fingerprint: own, study, corpus, configurations, plan, options, command };
    writeAtomically(file, bytes(`${JSON.stringify(about, null, 2)}\n`));
    return plan;
  }

  /** Leave the folder to other processes. */
  close(): void {
    process.off("exit", this.#unlock);
    this.#unlock();
  }

  /** Folder of one run's checkpoints. */
  checkpoints(configuration: string, seed: number): string {
    return join(this.folder, "runs", `${configuration}.seed-${seed}`);
  }

  #runFile(configuration: string, seed: number): string {
    return join(this.folder, "runs", `${configuration}.seed-${seed}.json`);
  }

  /**
   * A finished run, or undefined.
   *
   * @throws `study/corrupt` for a file that is not what was written.
   */
  finished(configuration: string, seed: number): StoredRun | undefined {
    const file = this.#runFile(configuration, seed);
    if (!existsSync(file)) return undefined;
    const hint = "Remove the file; its run is then done again.";
    const run = readJson<Partial<StoredRun> | null>(file, hint);
    const { record } = run ?? {};
    if (record?.configuration !== configuration || record.seed !== seed || !run?.maps || !run.runtime) {
      throw expectedGot("study/corrupt", file, `a run of ${configuration} with seed ${seed}`, "something else", hint);
    }
    return run as StoredRun;
  }

  keep(run: StoredRun): void {
    const { configuration, seed } = run.record;
    writeAtomically(this.#runFile(configuration, seed), bytes(JSON.stringify(run)));
  }
}

function readJson<T>(file: string, hint: string): T {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (error) {
    throw new CrispError("study/corrupt", `${file}: expected JSON, got ${(error as Error).message}. ${hint}`);
  }
}

/** Two processes would train the same runs, and delete each other's checkpoints. A lock whose process has died is taken over. */
function lock(file: string, folder: string): void {
  const own = `${process.pid} ${hostname()}`;
  try {
    writeFileSync(file, own, { flag: "wx" });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = readFileSync(file, "utf8");
  const [pid, host] = found.split(" ");
  if (found !== own && (host !== hostname() || isAlive(Number(pid)))) {
    const hint = `Wait for it, or give another --output_dir. If it is gone, remove ${file}.`;
    throw expectedGot("study/busy", folder, "a folder that no other process works on", `process ${pid} on ${host}`, hint);
  }
  writeFileSync(file, own);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
