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
export { defaultOptions, resolveOptions, type TrainingOptions } from "./options.ts";
export type { Json, RunDescription } from "./run-description.ts";
export { learningRateAt, warmupUpdates } from "./schedule.ts";
export { type ParameterState, type TrainedParameter, TrainingState } from "./state.ts";
export { type StepContext, type TrainingGraph, TrainStep } from "./train-step.ts";
export { gradientNorm, update } from "./update.ts";
