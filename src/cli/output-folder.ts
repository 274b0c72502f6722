import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { holdsPhases, removeEmptyPhases, removePhases, SAVED_FILES } from "../api/index-node.ts";
import { type CrispError, expectedGot } from "../errors/index.ts";
import { checkOwnFiles, FOLDER_LOCK, type Lock, lockFolder } from "../files/index-node.ts";
import { fromFirstStep, type RunEvent, type RunLog } from "../runs/index.ts";
import { checkRunLog, isRunLog, logFile } from "../runs/index-node.ts";
import { isKeptIds, removeKeptIds } from "../trackers/index-node.ts";
import { checkpointFiles, removeCheckpoints } from "../training/index-node.ts";
import { checkKeptCommand, continued, isKeptCommand, keepCommand, removeKeptCommand } from "./kept-command.ts";
import { rmdirIfEmpty, withoutEmptyFolders } from "./made-folders.ts";
import { EVENT_FILES } from "./read-options.ts";
import { typedAs } from "./run-command.ts";
import type { Context, Verb } from "./verb.ts";
import { ANSWER_FILES } from "./verbs/error-tables.ts";

/** All files that a training may leave beside its checkpoints. */
const TRAINING_FILES = [...SAVED_FILES, ...ANSWER_FILES, "report.html"];
const RUN_LOG = "run.log.jsonl";

interface TrainingFolderOptions {
  readonly outputDir?: string;
  readonly overwriteOutputDir: boolean;
  readonly resumeFromCheckpoint?: string;
  /** The verb, and what followed it; kept for whoever continues the run. */
  readonly command: readonly string[];
}

/** Where a training writes. */
export interface TrainingFolder {
  readonly path: string;
  /** Folder of this run's checkpoints. */
  readonly checkpoints: string;
  /** `run.log.jsonl` beside the checkpoints: what happened from the first update on. */
  readonly log: RunLog;
  /** Told of each event: the command is kept from the first update on, and what is older goes once a checkpoint is whole. */
  follow(event: { readonly type: RunEvent["type"] | (string & {}) }): void;
  /**
   * Remove the checkpoints of the run that this one takes the place of; people's files stay. Until something of the new run is whole on
   * the disk, the old ones are all there is.
   */
  removeOlder(): void;
}

/**
 * Do some work in the folder that a training writes into, or continues in: kept for this process alone, checked before anything is read.
 *
 * What was made for a run that left nothing is removed again.
 *
 * @param usual - Where it goes unless options say otherwise.
 * @throws `file/busy` while another training works in it; `cli/output-exists`; `cli/no-checkpoint`; `file/not-own` where somebody else's
 *   files have the names of a model's; what `lockFolder` throws.
 */
export async function inTrainingFolder<T>(
  options: TrainingFolderOptions,
  usual: string,
  work: (folder: TrainingFolder) => Promise<T>,
): Promise<T> {
  const path = options.resumeFromCheckpoint ?? options.outputDir ?? usual;
  // where there is nothing to continue, no folder is made for the lock
  if (options.resumeFromCheckpoint !== undefined) checkpointsIn(path);
  return withoutEmptyFolders(path, async () => {
    const lock = lockFolder(path, { code: "file/busy", what: "training" });
    try {
      const folder = opened(path, options);
      try {
        return await work(folder);
      } finally {
        folder.end();
        removeEmptyPhases(folder.checkpoints);
        rmdirIfEmpty(folder.checkpoints);
        rmdirIfEmpty(join(path, "checkpoints"));
      }
    } finally {
      lock.release();
    }
  });
}

function opened(path: string, options: TrainingFolderOptions): TrainingFolder & { end(): void } {
  const root = join(path, "checkpoints");
  if (existsSync(root) && !isFolder(root))
    throw expectedGot("file/not-own", root, "no file, or a folder", "a file", "Move it away, or choose another folder.");
  if (options.resumeFromCheckpoint === undefined && !options.overwriteOutputDir) checkFresh(path);
  checkOwnFiles(path, TRAINING_FILES);
  const places = checkpointPlaces(path);
  // also those of runs that were killed before they had a checkpoint
  const older = allPlaces(path);
  const resumed = options.resumeFromCheckpoint !== undefined;
  const checkpoints = resumed ? checkpointsIn(path) : freshPlace(path, places);
  const log = join(checkpoints, RUN_LOG);
  checkRunLog(log);
  if (resumed) checkKeptCommand(checkpoints);
  else removeStart(checkpoints);
  const removeOlder = (): void => {
    for (const place of older) {
      if (place === checkpoints || !existsSync(place)) continue;
      const lock = lockIfFree(place);
      if (!lock) continue;
      removeCheckpoints(place);
      removePhases(place);
      if (isRunLog(join(place, RUN_LOG))) rmSync(join(place, RUN_LOG));
      removeKeptCommand(place);
      removeKeptIds(place);
      lock.release();
      rmdirIfEmpty(place);
    }
  };
  // the worker may have had its first checkpoint while the disk refused the command
  const keepCommandAgain = (): void => {
    try {
      keepCommand(checkpoints, options.command);
    } catch {
      // the first error is being told
    }
  };
  let [kept, keeping, trains] = [false, false, false];
  return {
    path,
    checkpoints,
    log: fromFirstStep(logFile(log)),
    follow({ type }) {
      trains ||= type === "step" || type === "phase";
      // before the first update, as a fast one has its checkpoint before this is told of it
      if (!kept && (trains || (!resumed && (type === "recipe" || type === "started")))) {
        keeping = true;
        keepCommand(checkpoints, options.command);
        kept = true;
      }
      if (type === "saved") removeOlder();
    },
    end() {
      if (keeping && !kept) keepCommandAgain();
      else if (!trains && !resumed) removeKeptCommand(checkpoints);
    },
    removeOlder,
  };
}

/** Of old checkpoints, which stay while somebody trains on from them, or where nothing can be removed; also takes away the lock of a run that was killed. */
function lockIfFree(place: string): Lock | undefined {
  try {
    return lockFolder(place, { code: "file/busy", what: "training" });
  } catch (error) {
    if (["file/busy", "file/not-writable"].includes((error as CrispError).code)) return undefined;
    throw error;
  }
}

/** Of a run that failed before its first checkpoint the command is no more; its log is added to. */
function removeStart(checkpoints: string): void {
  checkKeptCommand(checkpoints);
  removeKeptCommand(checkpoints);
}

/** Refuse to mix a new model with what a folder already holds. */
function checkFresh(path: string): void {
  const holds = readdirSync(path).filter(
    (name) =>
      !name.startsWith(FOLDER_LOCK) &&
      // each run has a folder of its own in it
      name !== EVENT_FILES &&
      !(name === "checkpoints" && isFolder(join(path, name)) && holdsNoRun(join(path, name))),
  );
  if (holds.length === 0) return;
  const hint = "Give another --output_dir, --overwrite_output_dir, or --resume_from_checkpoint to continue it.";
  const more = holds.length > 1 ? ` and ${holds.length - 1} more` : "";
  throw expectedGot("cli/output-exists", path, "an empty or new output folder", `one that holds ${holds[0]}${more}`, hint);
}

/** `continues` of a verb that trains. */
export const continuing =
  (verb: Parameters<typeof continued>[1]): NonNullable<Verb["continues"]> =>
  (typed, onNote) => {
    const folder = typed.options.resumeFromCheckpoint as string | undefined;
    return folder === undefined ? typed : continued(checkpointsIn(folder), verb, typed, onNote);
  };

/** A run that failed before its first checkpoint may have left its log and its command, and a killed one an empty folder. */
const holdsNoRun = (checkpoints: string): boolean =>
  readdirSync(checkpoints, { withFileTypes: true }).every((entry) => {
    // of a process that was killed
    if (entry.name.startsWith(FOLDER_LOCK)) return true;
    const path = join(checkpoints, entry.name);
    return entry.isDirectory()
      ? readdirSync(path).length === 0
      : isKeptCommand(entry.name) || isKeptIds(entry.name) || isRunLog(path);
  });

/** Whether a folder holds checkpoints, or what phases of a run have left. */
const isContinuable = (place: string): boolean => checkpointFiles(place).length > 0 || holdsPhases(place);

/** What to say of a run that was stopped: before its first checkpoint there is nothing to continue. */
export function stoppedRun(
  { path, checkpoints }: TrainingFolder,
  { command }: Pick<Context, "command">,
  { resumeFromCheckpoint }: { readonly resumeFromCheckpoint?: string },
): string {
  if (!isContinuable(checkpoints)) return "stopped before the first checkpoint: there is nothing to continue";
  const next = resumeFromCheckpoint === undefined ? [command[0], "--resume_from_checkpoint", path] : command;
  return `stopped; to continue: ${typedAs(next)}`;
}

/**
 * The newest folder of checkpoints in an output folder.
 *
 * @throws `cli/no-checkpoint`.
 */
export function checkpointsIn(folder: string): string {
  const newest = checkpointPlaces(folder).at(-1);
  if (newest !== undefined) return newest;
  const hint = "Leave --resume_from_checkpoint out to start from the beginning.";
  throw expectedGot("cli/no-checkpoint", folder, "the output folder of a run that wrote checkpoints", "none in it", hint);
}

/**
 * The folders in an output folder that hold checkpoints, oldest run first: `checkpoints`, `checkpoints/2`, `checkpoints/3` …
 *
 * A run that takes the place of another has a folder of its own: whenever the machine stops, the checkpoints of the two cannot be
 * mistaken for each other.
 */
function checkpointPlaces(folder: string): string[] {
  return allPlaces(folder).filter(isContinuable);
}

function allPlaces(folder: string): string[] {
  const checkpoints = join(folder, "checkpoints");
  return [checkpoints, ...numbered(checkpoints)];
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** `checkpoints/2`, `checkpoints/3` … as far as there are any, by number. */
function numbered(checkpoints: string): string[] {
  if (!isFolder(checkpoints)) return [];
  const numbers = readdirSync(checkpoints).filter((name) => /^[1-9]\d*$/.test(name));
  return numbers.sort((a, b) => Number(a) - Number(b)).map((name) => join(checkpoints, name));
}

/** Behind all others, and without a file that somebody else put there. */
function freshPlace(folder: string, places: readonly string[]): string {
  const checkpoints = join(folder, "checkpoints");
  const isFree = !isFolder(checkpoints) || !readdirSync(checkpoints).some((name) => name.endsWith(".crisp"));
  const last = numbered(checkpoints).at(-1);
  if (places.length === 0 && isFree && last === undefined) return checkpoints;
  return join(checkpoints, `${last === undefined ? 2 : Number(basename(last)) + 1}`);
}
