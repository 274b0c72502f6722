/** What `index.ts` gives everywhere, and what needs files, threads or the network. */
export * from "./index.ts";
export { isModelFile, loadModelFolder, readModelFile } from "./weights/model-folder-node.ts";
