/** What `index.ts` gives everywhere, and model folders on disk. */
export * from "./index.ts";
export { loadModelFolder, modelFiles } from "./model-folder-node.ts";
