export { fromExactJson, type Surroundings, toExactJson } from "./checkpoints/checkpoint-format.ts";
export type { CheckpointStorage, Digest, StoredFile } from "./checkpoints/checkpoint-storage.ts";
export { type CheckpointSettings, Checkpoints, type Resumed } from "./checkpoints/checkpoints.ts";
export { checkSameRun, type Json, type RunDescription } from "./checkpoints/run-description.ts";
export { type Estimate, type EstimateOptions, estimate } from "./estimate.ts";
export type { Evaluation, TrainingEvent } from "./events.ts";
export {
  type BatchSettings,
  type BatchSource,
  freshProgress,
  type LoopResult,
  type LoopSettings,
  type Progress,
  plannedSteps,
  type Saver,
  trainLoop,
} from "./loop.ts";
export {
  apiName,
  type ForeignOptions,
  inRange,
  type OptionSpec,
  type OptionTable,
  type OptionValues,
  ruleOf,
  snakeCase,
} from "./option-spec.ts";
export { foreignTrainingOptions, trainingOptionTable } from "./option-table.ts";
export { checkSettings, defaultOptions, resolveOptions, type TrainingOptions, trainingOptionsIn } from "./options.ts";
export { learningRateAt, warmupUpdates } from "./schedule.ts";
export * as settingRules from "./setting-rules.ts";
export { createTrainStep } from "./step/create-train-step.ts";
export { DeviceTrainStep } from "./step/device-step.ts";
export { HostState } from "./step/host-state.ts";
export { HostTrainStep, stepBytes } from "./step/host-step.ts";
export type { StoredArrays, TrainedParameter, TrainingState } from "./step/state.ts";
export type { DropoutKey, StepContext, TrainingGraph, TrainStep, TrainStepOptions } from "./step/train-step.ts";
export { gradientNorm, update } from "./step/update.ts";
