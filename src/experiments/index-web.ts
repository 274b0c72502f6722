/** What `index.ts` gives everywhere, and training in a browser. */
export * from "./index.ts";
export {
  loadModel,
  type ModelFiles,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
  type WebClassifier,
} from "./train-web.ts";
