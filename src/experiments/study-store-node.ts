import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { checkWritable, sweepTemporaryFiles, writeAtomically } from "../training/index-node.ts";
import type { RunResult } from "./run-spec.ts";
import type { StudyDefinition } from "./study-definition.ts";

/** What is kept of a finished run. */
export type StoredRun = Omit<RunResult, "weights">;

const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];

/**
 * A hash of everything that decides a study's runs, so that a folder is continued only by the same study.
 *
 * Seeds and claims are left out: adding seeds continues a study.
 */
export function fingerprint({ study, model, data, configurations, options, tokenizer }: StudyDefinition): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ study, model, configurations, options, maxLength: tokenizer.maxLength }));
  for (const dataset of [data.train, data.selection, data.reported]) {
    hash.update(`\n${dataset?.labels.join("\t") ?? "none"}\n`);
    for (const { index, text, pair, label } of dataset?.examples ?? [])
      hash.update(`${index}\t${label}\t${text}\t${pair ?? ""}\n`);
  }
  return hash.digest("hex");
}

/** The folder of one study: `study.json`, and in `runs/` one file a finished run beside the checkpoints of unfinished ones. */
export class StudyStore {
  readonly folder: string;

  /**
   * Open or make the folder.
   *
   * @throws `study/other-study` when it holds a study of other data, configurations or options; `file/not-writable`.
   */
  constructor(folder: string, definition: StudyDefinition) {
    this.folder = folder;
    checkWritable(join(folder, "runs"));
    sweepTemporaryFiles(folder);
    sweepTemporaryFiles(join(folder, "runs"));
    const file = join(folder, "study.json");
    const own = fingerprint(definition);
    if (existsSync(file)) {
      const found = readJson<{ fingerprint?: string }>(file);
      if (found.fingerprint !== own) {
        const hint = "Give another --output_dir, or --overwrite_output_dir to start afresh.";
        throw expectedGot(
          "study/other-study",
          folder,
          "a study of the same data, configurations and options",
          "another one",
          hint,
        );
      }
      return;
    }
    const { study, corpus, configurations, seeds, options, command } = definition;
    writeAtomically(
      file,
      bytes(`${JSON.stringify({ fingerprint: own, study, corpus, configurations, seeds, options, command }, null, 2)}\n`),
    );
  }

  /** Folder of one run's checkpoints. */
  checkpoints(configuration: string, seed: number): string {
    return join(this.folder, "runs", `${configuration}.seed-${seed}`);
  }

  #runFile(configuration: string, seed: number): string {
    return join(this.folder, "runs", `${configuration}.seed-${seed}.json`);
  }

  /** A finished run, or undefined. A file that cannot be read is an error: it was whole when it was written. */
  finished(configuration: string, seed: number): StoredRun | undefined {
    const file = this.#runFile(configuration, seed);
    return existsSync(file) ? readJson<StoredRun>(file) : undefined;
  }

  keep(run: StoredRun): void {
    const { configuration, seed } = run.record;
    writeAtomically(this.#runFile(configuration, seed), bytes(JSON.stringify(run)));
  }
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch (error) {
    throw new CrispError(
      "study/corrupt",
      `${file}: expected JSON, got ${(error as Error).message}. Remove the file; its run is then done again.`,
    );
  }
}
