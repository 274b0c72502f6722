/** What `index.ts` gives everywhere, and files on disk. */

export { type Chunks, checkWritable, sweepTemporaryFiles, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
export { type CheckpointSettings, Checkpoints, removeCheckpoints, type Surroundings } from "./checkpoint-node.ts";
export * from "./index.ts";
