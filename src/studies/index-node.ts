/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export * from "./index.ts";
export { prepareStudy, runStudy } from "./run-study-node.ts";
export { type Cell, cellsOf } from "./spec/cells.ts";
export { armsOf, checkSpec, optionsOf, readStudySpec, SPEC_FILE } from "./spec/read-spec-node.ts";
export { type ModelSpec, type StudySpec, studyJsonSchema, type TaskSpec } from "./spec/schema.ts";
export { type FolderStoreOptions, folderStore } from "./stores/store-folder-node.ts";
