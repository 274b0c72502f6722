/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { type Chunks, checkWritable, sweepTemporaryFiles, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
export { type FileLock, takeLock } from "./file-lock-node.ts";
export * from "./index.ts";
