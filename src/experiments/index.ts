export { checkStudy } from "./check-study.ts";
export { type ClassMetrics, type ClassScores, classMetrics } from "./class-metrics.ts";
export {
  type CrispCard,
  classifierFromFiles,
  type EncodedText,
  type ImageInputFile,
  type NamedFiles,
  type Prediction,
  TextClassifier,
  type TextInput,
} from "./classifier.ts";
export * from "./demo/index.ts";
export { executeRun } from "./execute-run.ts";
export { type ContextSettings, createForward, type Evaluated, type Forward, type ForwardOptions } from "./forward.ts";
export { demoEncoder, type FreshModel, type PreparedFreshModel, prepareFreshModel } from "./fresh-model.ts";
export { type ImageInput, readsTexts } from "./image-input.ts";
export type { ModelFiles } from "./model-files.ts";
export { planOf, specOf } from "./plan-of.ts";
export { arms } from "./presets/arms.ts";
export { demoStudies } from "./presets/demo.ts";
export { type TextStudy, textStudy } from "./presets/text.ts";
export type * from "./records.ts";
export type { RunEnvironment } from "./run-environment.ts";
export type {
  Device,
  MapOfSentence,
  MappedSentence,
  ModelSource,
  PlanSpec,
  RunEvent,
  RunResult,
  RunSpec,
} from "./run-spec.ts";
export { sameClasses } from "./same-classes.ts";
export * from "./statistics/index.ts";
export type { Arm, StudyDefinition } from "./study-definition.ts";
export { HOLDS, type TaskFigures, type TaskRules, taskFigures } from "./task-figures.ts";
export { limited, type TextTrainResult, type TextTrainSettings, type TrainEvent } from "./train-text.ts";
export { VERSION } from "./version.ts";
