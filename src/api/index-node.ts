/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { type AuditEvent, type AuditSettings, audit } from "./audit/audit-node.ts";
export { Classifier, SAVED_FILES } from "./classifier/classifier-node.ts";
export { type FetchListener, type HubData, hubData, hubEvaluationData, modelFolderOf } from "./hub-sources-node.ts";
export * from "./index.ts";
export {
  type PretrainEvent,
  type PretrainedModel,
  pretrain,
  pretrainingDefaults,
} from "./pretrain-node.ts";
export type { PretrainSettings } from "./pretrain-settings-node.ts";
export { type StudySettings, study } from "./study-node.ts";
export {
  drawn,
  loadLabelledTexts,
  prepareTextTraining,
  staysOnDisk,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  tokenizerOf,
  train,
} from "./train-node.ts";
export { holdsPhases, removeEmptyPhases, removePhases } from "./training/phase-folder-node.ts";
