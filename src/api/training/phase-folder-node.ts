import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import {
  checkOwnFiles,
  finishOwnFiles,
  ownFiles,
  removeOwnFiles,
  sweepTemporaryFiles,
  writeOwnFiles,
} from "../../files/index-node.ts";
import { hashOfModel, type ModelSource } from "../../runs/index.ts";
import { cpuFeatures } from "../../runs/index-node.ts";
import { checkSameRun, fromExactJson, type RunDescription, toExactJson } from "../../training/index.ts";
import { checkpointFiles, checkpointPlace, removeCheckpoints } from "../../training/index-node.ts";
import { CONTRASTIVE, type FoldAnswers, type PhaseStore } from "./phases.ts";

const FOLDS = "folds";
const foldFile = (fold: number): string => `fold-${fold}.json`;
const FOLD_FILE = /^fold-\d+\.json$/;

/** A fold's file: what it follows from, with what it was computed, and what it says. */
interface KeptFold {
  readonly run: RunDescription;
  readonly cpuFeatures: string;
  readonly answers: FoldAnswers;
}

/**
 * What keeps the phases of a training: `phaseFolder` in a folder; elsewhere checkpoints alone, and folds are done again.
 *
 * @param checkpoints - See `checkpointPlace`.
 */
export function phasesIn(checkpoints: string, model: ModelSource, onNote: (text: string) => void): PhaseStore {
  const place = checkpointPlace(checkpoints);
  const folder = place.folderOf(checkpoints);
  if (folder !== undefined) return phaseFolder(folder, model, onNote);
  return { checkpoints: (phase) => place.below(checkpoints, phase), readFold: () => undefined, keepFold: () => {} };
}

/**
 * The phases of a training in its folder of checkpoints: `contrastive/checkpoint-<updates>.crisp` and `folds/fold-<number>.json`.
 *
 * @param model - Where the training starts. Folds of what a model folder held before are refused.
 * @param onNote - Told of folds that are taken from here.
 */
export function phaseFolder(checkpoints: string, model: ModelSource, onNote: (text: string) => void): PhaseStore {
  const folder = join(checkpoints, FOLDS);
  finishOwnFiles(folder);
  let weights: string | undefined;
  const described = (run: RunDescription): RunDescription => {
    weights ??= weightsHash(model);
    return { ...run, weights };
  };
  return {
    checkpoints: (phase) => join(checkpoints, phase),
    readFold(fold, run) {
      const path = join(folder, foldFile(fold));
      checkOwnFiles(folder, [foldFile(fold)]);
      if (!existsSync(path)) return undefined;
      const kept = fromExactJson(readFileSync(path, "utf8")) as KeptFold;
      checkSameRun(path, kept.run, described(run));
      const other = kept.cpuFeatures === cpuFeatures() ? "" : ", of another processor: results may differ in the last bits";
      onNote(`fold ${fold} is taken from ${path}${other}`);
      return kept.answers;
    },
    keepFold(fold, run, answers) {
      const kept: KeptFold = { run: described(run), cpuFeatures: cpuFeatures(), answers };
      writeOwnFiles(folder, new Map([[foldFile(fold), [new TextEncoder().encode(toExactJson(kept))]]]));
    },
  };
}

/** A folder's path says nothing of what it holds by now. */
function weightsHash(model: ModelSource): string | undefined {
  if (model.kind !== "folder") return undefined;
  const { path } = model;
  return hashOfModel(readdirSync(path), (name) => readFileSync(join(path, name)), createHash("sha256"));
}

const foldFiles = (checkpoints: string): string[] => ownFiles(join(checkpoints, FOLDS)).filter((name) => FOLD_FILE.test(name));

/** Whether a folder of checkpoints holds phases that a training can go on from. */
export const holdsPhases = (checkpoints: string): boolean =>
  foldFiles(checkpoints).length > 0 || checkpointFiles(join(checkpoints, CONTRASTIVE)).length > 0;

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Remove the phases of a training from its folder of checkpoints; files that are not Crisp's stay. */
export function removePhases(checkpoints: string): void {
  const [folds, contrastive] = [FOLDS, CONTRASTIVE].map((name) => join(checkpoints, name));
  removeOwnFiles(folds, foldFiles(checkpoints));
  if (isFolder(contrastive)) sweepTemporaryFiles(contrastive);
  removeCheckpoints(contrastive);
  removeEmptyPhases(checkpoints);
}

/** Remove the folders of phases that hold nothing. */
export function removeEmptyPhases(checkpoints: string): void {
  for (const name of [FOLDS, CONTRASTIVE]) {
    try {
      rmdirSync(join(checkpoints, name));
    } catch {
      // holds something, or is not there
    }
  }
}
