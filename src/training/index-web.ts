/** What `index.ts` gives everywhere, and the browser's own storage. */
export { checkpointsInBrowser, deleteCheckpoints, savedCheckpoint } from "./checkpoint-storage-web.ts";
export * from "./index.ts";
