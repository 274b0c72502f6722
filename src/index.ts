/** The package's front door for Node. Subpaths give the parts: `crisp-attention/graph`, `/sparsity`, `/training`, … */
export {
  Classifier,
  demoEncoder,
  type FreshModel,
  type HubData,
  hubData,
  type ImageInputFile,
  type ModelFiles,
  modelFolderOf,
  type Prediction,
  type TextInput,
  type TrainEvent,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
} from "./experiments/index-node.ts";
export { downloadDataset, downloadModel, pushFolder } from "./hub/index-node.ts";
export * from "./index-common.ts";
