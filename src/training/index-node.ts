/** What `index.ts` gives everywhere, and files on disk. */

export { type Chunks, checkWritable, sweepTemporaryFiles, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
export { checkpointFolder } from "./checkpoint-storage-node.ts";
export * from "./index.ts";
