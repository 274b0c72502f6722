/** What `index.ts` gives everywhere, and what needs files, threads and processes. */

export { Classifier } from "./classifier-node.ts";
export { cpuFeatures } from "./cpu-features-node.ts";
export { type FetchListener, type HubData, hubData, hubEvaluationData, modelFolderOf } from "./hub-sources-node.ts";
export * from "./index.ts";
export { type PretrainEvent, type PretrainedModel, type PretrainSettings, pretrain } from "./pretrain-node.ts";
export { nodeEnvironment } from "./run-node.ts";
export { type RunWorker, startRunWorker } from "./run-worker-node.ts";
export { armsOf, readStudyFile, type StudyFile } from "./study-file-node.ts";
export { runStudy, type StudyEvent, type StudyOptions } from "./study-node.ts";
export type { StoredRun } from "./study-store-node.ts";
export {
  drawn,
  loadLabelledTexts,
  prepareTextTraining,
  type TrainingRun,
  type TrainResult,
  type TrainSettings,
  tokenizerOf,
  train,
} from "./train-node.ts";
