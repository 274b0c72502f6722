/** The package's front door for browsers; a bundler takes it by the condition `browser`. */
export {
  demoEncoder,
  type FreshModel,
  loadModel,
  type ModelFiles,
  type Prediction,
  type TextInput,
  type TrainEvent,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
  type WebClassifier,
} from "./experiments/index-web.ts";
export * from "./index-common.ts";
export { modelZip, readModelZip } from "./models/index.ts";
export { deleteCheckpoints, savedCheckpoints } from "./training/index-web.ts";
