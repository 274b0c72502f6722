/** What `index.ts` gives everywhere, and what needs a browser. */

export { checkpointsInBrowser, deleteCheckpoints, savedCheckpoints } from "./checkpoints/checkpoint-storage-web.ts";
export * from "./index.ts";
