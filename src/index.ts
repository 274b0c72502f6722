/** The package's front door for Node. Subpaths give the parts: `crisp-attention/graph`, `/sparsity`, `/training`, … */
export { CrispError } from "./errors/index.ts";
export {
  Classifier,
  demoEncoder,
  type FreshModel,
  type ModelFiles,
  type Prediction,
  type TextInput,
  type TrainEvent,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
} from "./experiments/index-node.ts";
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
