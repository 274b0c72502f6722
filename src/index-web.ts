/** The package's front door for browsers; a bundler takes it by the condition `browser`. */
export { CrispError } from "./errors/index.ts";
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
export { modelZip, readModelZip } from "./models/index.ts";
export {
  type AttentionPlan,
  anyOf,
  block,
  dense,
  global,
  heads,
  inOrder,
  nOfM,
  type Pattern,
  parsePattern,
  random,
  slidingWindow,
  strided,
  threshold,
  topK,
} from "./sparsity/index.ts";
export { deleteCheckpoints, savedCheckpoints } from "./training/index-web.ts";
