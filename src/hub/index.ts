export { declaredConfigs, formatOf, guessedSplits, type SplitPaths, splitsOf } from "./datasets/dataset-files.ts";
export { parseDatasetName } from "./datasets/dataset-name.ts";
export type { HubProgress } from "./download-all.ts";
