/** What `index.ts` gives everywhere, and model folders on disk. */
export * from "./index.ts";
export { loadModelFolder } from "./model-folder-node.ts";
