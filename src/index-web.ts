/** The package's front door for browsers; a bundler takes it by the condition `browser`. */
export { demoEncoder, type FreshModel, type ModelFiles, type Prediction, type TextInput, type TrainEvent } from "./api/index.ts";
export {
  cachedHubModel,
  findHubModel,
  forgetHubModel,
  type HubModel,
  loadBase,
  loadModel,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
  type WebBase,
  type WebClassifier,
} from "./api/index-web.ts";
export type { HubProgress } from "./hub/index.ts";
export * from "./index-common.ts";
export { modelZip, readModelZip } from "./models/index.ts";
export { deleteCheckpoints, savedCheckpoints } from "./training/index-web.ts";
