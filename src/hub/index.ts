export { declaredConfigs, formatOf, guessedSplits, type SplitPaths, splitsOf } from "./dataset-files.ts";
export { parseDatasetName } from "./dataset-name.ts";
