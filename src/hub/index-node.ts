/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { type DatasetOptions, downloadDataset, type LocalDataset } from "./datasets/dataset-node.ts";
export * from "./index.ts";
export { downloadModel } from "./model-node.ts";
export { type Pushed, type PushOptions, type PushProgress, pushFolder } from "./push-node.ts";
export { type HubSettings, hubSettings } from "./settings-node.ts";
export type { HubOptions } from "./snapshot-node.ts";
