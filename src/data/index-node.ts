/** What `index.ts` gives everywhere, and what needs files. */
export * from "./index.ts";
export { loadDataset, loadTexts, loadTokenizer } from "./load-node.ts";
