/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export * from "./index.ts";
export { prepareStudy, runStudy, workOnStudy } from "./run-study-node.ts";
export { type Cell, cellsOf } from "./spec/cells.ts";
export { armsOf, optionsOf, readStudySpec, SPEC_FILE, studyJsonSchema } from "./spec/read-spec-node.ts";
export type { ModelSpec, StudySpec, TaskSpec } from "./spec/schema.ts";
export type { Connection } from "./stores/sql/connection.ts";
export { type DatabasePlace, openDatabase } from "./stores/sql/open-database-node.ts";
export type { Patience } from "./stores/sql/patient.ts";
export {
  type ListedStudy,
  type PlacedEvent,
  type RunAnswers,
  type RunProgress,
  type StudyProgress,
  sqlAnswers,
  sqlEvents,
  sqlProgress,
  sqlStudies,
} from "./stores/sql/sql-progress.ts";
export { sqlStatus } from "./stores/sql/sql-status.ts";
export { LOST_AFTER_SECONDS, type SqlStoreOptions, sqlStore } from "./stores/sql/sql-store-node.ts";
export { folderStatus } from "./stores/status-folder-node.ts";
export { type FolderStoreOptions, folderStore, logName, readStudyFile, type StudyFile } from "./stores/store-folder-node.ts";
