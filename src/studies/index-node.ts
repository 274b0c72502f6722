/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { armsOf, readStudyFile, type StudyFile } from "./definition-file-node.ts";
export * from "./index.ts";
export { prepareStudy, runStudy } from "./run-study-node.ts";
export { type FolderStoreOptions, folderStore } from "./stores/store-folder-node.ts";
