import type { StudyDefinition, StudyOptions, StudyResults } from "../studies/index.ts";
import { folderStore, prepareStudy, runStudy } from "../studies/index-node.ts";

/** Where a study's runs are kept, and how they are run. */
export interface StudySettings extends Omit<StudyOptions, "store"> {
  /** Made where it is missing; an interrupted study continues in it. */
  readonly folder: string;
  /** Replace the results of another study there. */
  readonly overwrite?: boolean;
}

/**
 * Run every arm of a study with every seed, in a folder, and judge the results.
 *
 * @returns The results, and one JSON line an example and run; null when the signal stopped it.
 * @throws `study/…`, and what plans, options and runs throw.
 * @example
 * const finished = await study(textStudy({ ...parts, seeds: [0, 1, 2, 3, 4] }), { folder: "runs/tickets" });
 * finished?.results.arms[1].verdict.sentence;
 */
export const study = (
  definition: StudyDefinition,
  { folder, overwrite, ...options }: StudySettings,
): Promise<{ readonly results: StudyResults; readonly predictions: string } | null> =>
  runStudy(prepareStudy(definition), { ...options, store: folderStore(folder, { overwrite }) });
