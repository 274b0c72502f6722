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
export { FOLDER_LOCK, holdsLock, lockFolder } from "./folder-lock-node.ts";
export * from "./index.ts";
export { type Lock, type LockSettings, takeLock } from "./lock-node.ts";
export { checkOwnFiles, OWN_FILES, ownFiles, removeOwnFiles, writeOwnFiles } from "./own-files-node.ts";
