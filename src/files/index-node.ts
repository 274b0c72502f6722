/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export {
  type Chunks,
  checkWritable,
  type GrowingFile,
  growingFile,
  sweepTemporaryFiles,
  writeAtomically,
  writeFilesAtomically,
} from "./atomic-file-node.ts";
export { checkNotTaken, FOLDER_LOCK, holdsLock, lockFolder, lockHolder } from "./folder-lock-node.ts";
export * from "./index.ts";
export { type Lock, type LockSettings, takeLock } from "./lock-node.ts";
export { OWN_FILES } from "./manifest-node.ts";
export { optionalPackage } from "./optional-package-node.ts";
export { checkOwnFiles, finishOwnFiles, ownFiles, removeOwnFiles, writeOwnFiles } from "./own-files-node.ts";
export { processTag } from "./process-node.ts";
export { explain, explainChange } from "./system-error-node.ts";
export { checkWhole, readWhole, type WholeOptions } from "./whole-folder-node.ts";
