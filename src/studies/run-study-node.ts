import type { StudyDefinition } from "./definition.ts";
import { nodeStudies } from "./environment-node.ts";
import { type PreparedStudy, prepareStudyIn } from "./prepare.ts";
import { type FinishedStudy, runStudyIn, type StudyOptions, workOnStudyIn } from "./run-study.ts";
import type { StudyPlan } from "./stores/store.ts";

/**
 * Check a study, read its model's config and tokenise its data.
 *
 * @throws `study/bad-spec`; what options, plans, models and tokenizers throw.
 */
export const prepareStudy = (definition: StudyDefinition): PreparedStudy => prepareStudyIn(nodeStudies, definition);

/**
 * Run a study on this machine: see `runStudyIn`.
 *
 * @example
 * const finished = await runStudy(prepareStudy(definition), { store: folderStore("runs/sst2") });
 */
export const runStudy = (study: PreparedStudy, options: StudyOptions): Promise<FinishedStudy | null> =>
  runStudyIn(nodeStudies, study, options);

/** Do runs of a study that somebody else judges: see `workOnStudyIn`. */
export const workOnStudy = (study: PreparedStudy, options: StudyOptions): Promise<StudyPlan> =>
  workOnStudyIn(nodeStudies, study, options);
