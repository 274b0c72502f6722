import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";
import { checkWritable } from "../files/index-node.ts";
import { shellQuoted } from "./run-command.ts";

/**
 * The folder that a training writes into, or goes on in: checked before anything is read.
 *
 * @param usual - Where it goes unless options say otherwise.
 * @throws `cli/output-exists`, `cli/no-checkpoint`, and what `checkWritable` throws.
 */
export function trainingFolder(
  options: {
    readonly outputDir?: string;
    readonly overwriteOutputDir: boolean;
    readonly resumeFromCheckpoint?: string;
  },
  usual: string,
): string {
  const folder = options.resumeFromCheckpoint ?? options.outputDir ?? usual;
  if (options.resumeFromCheckpoint === undefined) freshFolder(folder, { overwrite: options.overwriteOutputDir });
  else checkpointsIn(folder);
  checkWritable(folder);
  return folder;
}

/**
 * Refuse to mix a new model with what a folder already holds.
 *
 * @param overwrite - Allow it: files are replaced one by one when the new ones are whole; old checkpoints go at once.
 * @throws `cli/output-exists`.
 */
export function freshFolder(folder: string, { overwrite }: { readonly overwrite: boolean }): void {
  // a run that failed before its first checkpoint leaves an empty folder of them
  const checkpoints = join(folder, "checkpoints");
  const holds = existsSync(folder) ? readdirSync(folder) : [];
  if (holds.length === 0 || (holds.join() === "checkpoints" && readdirSync(checkpoints).length === 0)) return;
  if (!overwrite) {
    const hint = "Give another --output_dir, --overwrite_output_dir, or --resume_from_checkpoint to go on with it.";
    throw expectedGot("cli/output-exists", folder, "an empty or new output folder", "one with files in it", hint);
  }
  rmSync(checkpoints, { recursive: true, force: true });
}

/** What to say of a run that was stopped: before its first checkpoint there is nothing to go on with. */
export function stoppedRun(
  folder: string,
  commandLine: string,
  { resumeFromCheckpoint }: { readonly resumeFromCheckpoint?: string },
): string {
  if (!hasCheckpoint(folder)) return "stopped before the first update; nothing was written";
  const resume = resumeFromCheckpoint === undefined ? ` --resume_from_checkpoint ${shellQuoted(folder)}` : "";
  return `stopped; to go on: ${commandLine}${resume}`;
}

/**
 * Make sure that there is something to go on with.
 *
 * @throws `cli/no-checkpoint`.
 */
export function checkpointsIn(folder: string): string {
  if (hasCheckpoint(folder)) return join(folder, "checkpoints");
  const hint = "Leave --resume_from_checkpoint out to start from the beginning.";
  throw expectedGot("cli/no-checkpoint", folder, "the output folder of a run that wrote checkpoints", "none in it", hint);
}

function hasCheckpoint(folder: string): boolean {
  const checkpoints = join(folder, "checkpoints");
  return existsSync(checkpoints) && readdirSync(checkpoints).some((name) => name.endsWith(".crisp"));
}
