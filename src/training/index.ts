export type { Surroundings } from "./checkpoint-format.ts";
export type { CheckpointStorage, Digest, StoredFile } from "./checkpoint-storage.ts";
export { type CheckpointSettings, Checkpoints, type Resumed } from "./checkpoints.ts";
export { createTrainStep } from "./create-train-step.ts";
export { DeviceTrainStep } from "./device-step.ts";
export { type Estimate, type EstimateOptions, estimate } from "./estimate.ts";
export type { Evaluation, TrainingEvent } from "./events.ts";
export { HostState } from "./host-state.ts";
export { HostTrainStep } from "./host-step.ts";
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
export { defaultOptions, resolveOptions, type TrainingOptions } from "./options.ts";
export type { Json, RunDescription } from "./run-description.ts";
export { learningRateAt, warmupUpdates } from "./schedule.ts";
export type { StoredArrays, TrainedParameter, TrainingState } from "./state.ts";
export type { DropoutKey, StepContext, TrainingGraph, TrainStep, TrainStepOptions } from "./train-step.ts";
export { gradientNorm, update } from "./update.ts";
