/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export {
  checkOwnCheckpoints,
  checkpointFiles,
  checkpointFolder,
  removeCheckpoints,
} from "./checkpoints/checkpoint-storage-node.ts";
export { checkpointPlace } from "./checkpoints/places/places-node.ts";
export * from "./index.ts";
