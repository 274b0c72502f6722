/** What `index.ts` gives everywhere, and the browser's own storage. */
export { checkpointsInBrowser, deleteCheckpoints, savedCheckpoints } from "./checkpoint-storage-web.ts";
export * from "./index.ts";
