/** The package's front door for Node. Subpaths give the parts: `crisp-attention/graph`, `/attention`, `/training`, … */

export {
  demoEncoder,
  type FreshModel,
  type ImageInputFile,
  type ModelFiles,
  type Prediction,
  type TextInput,
  type TrainEvent,
} from "./api/index.ts";
export {
  type AdapterBase,
  type AuditSettings,
  audit,
  Classifier,
  type HubData,
  hubData,
  modelFolderOf,
  type PretrainEvent,
  type PretrainSettings,
  pretrain,
  type StudySettings,
  study,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  train,
} from "./api/index-node.ts";
export type { Audit } from "./audit/index.ts";
export { downloadDataset, downloadModel, pushFolder } from "./hub/index-node.ts";
export * from "./index-common.ts";
