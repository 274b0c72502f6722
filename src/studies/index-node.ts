/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { armsOf, readStudyFile, type StudyFile } from "./definition-file-node.ts";
export * from "./index.ts";
export { prepareStudy, runStudy, workOnStudy } from "./run-study-node.ts";
export type { Connection } from "./stores/sql/connection.ts";
export { type DatabasePlace, openDatabase } from "./stores/sql/open-database-node.ts";
export type { Patience } from "./stores/sql/patient.ts";
export { sqlStatus } from "./stores/sql/sql-status.ts";
export { type SqlStoreOptions, sqlStore } from "./stores/sql/sql-store-node.ts";
export { folderStatus } from "./stores/status-folder-node.ts";
export { type FolderStoreOptions, folderStore } from "./stores/store-folder-node.ts";
