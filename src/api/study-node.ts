import { join } from "node:path";
import type { FinishedStudy, StudyDefinition, StudyOptions } from "../studies/index.ts";
import { folderStore, openDatabase, prepareStudy, runStudy, sqlStore } from "../studies/index-node.ts";
import { settingRules } from "../training/index.ts";

/** Where a study's runs are kept, and how they are run. */
export interface StudySettings extends Omit<StudyOptions, "store"> {
  /** Made where it is missing; an interrupted study continues in it. */
  readonly folder: string;
  /** Replace the results of another study there; of one in files. */
  readonly overwrite?: boolean;
  /**
   * Keep runs in a PostgreSQL, `postgres://user@host/name`, which others may work on too; left out, in files. Checkpoints of unfinished
   * runs go into `checkpoints/` of the folder.
   */
  readonly database?: string;
  /** Told when the database goes away, and when it is back. */
  readonly onNote?: (text: string) => void;
}

/**
 * Run every arm of a study with every seed, in a folder or a database, and judge the results.
 *
 * @returns The results, and one JSON line an example and run; null when the signal stopped it, or runs failed everywhere.
 * @throws `study/…`, `database/…`, and what plans, options and runs throw.
 * @example
 * const finished = await study(textStudy({ ...parts, seeds: [0, 1, 2, 3, 4] }), { folder: "runs/tickets" });
 * finished?.results.arms[1].verdict.sentence;
 */
export async function study(definition: StudyDefinition, settings: StudySettings): Promise<FinishedStudy | null> {
  settingRules.checkRules({ name: "study", code: "study/bad-spec" }, settings, {
    folder: { ...settingRules.text, required: true },
  });
  const { folder, overwrite, database, onNote, ...options } = settings;
  const prepared = prepareStudy(definition);
  if (database === undefined) return runStudy(prepared, { ...options, store: folderStore(folder, { overwrite }) });
  const connection = await openDatabase({ url: database }, { onNote });
  try {
    const store = sqlStore(connection, { checkpoints: join(folder, "checkpoints") });
    return await runStudy(prepared, { ...options, store });
  } finally {
    await connection.close();
  }
}
