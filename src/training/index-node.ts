/** What `index.ts` gives everywhere, and files on disk. */

export { type Chunks, checkWritable, sweepTemporaryFiles, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
export type { Surroundings } from "./checkpoint-file-node.ts";
export { type CheckpointSettings, Checkpoints, type Resumed } from "./checkpoint-node.ts";
export * from "./index.ts";
