export { attentionRows } from "./attention-rows.ts";
export { describeRun, hashOfModel } from "./checkpoints.ts";
export { classWeightsOf } from "./class-weights.ts";
export { coreOf } from "./core-of.ts";
export type { RunEnvironment } from "./environment/environment.ts";
export { hashOf, hashOfData } from "./examples.ts";
export { executeRun } from "./execute.ts";
export { rulesOf, type TaskRules, taskFigures } from "./figures.ts";
export {
  type ContextSettings,
  createForward,
  type Evaluated,
  type Forward,
  type ForwardOptions,
  fillInputs,
  onItsDevice,
  weightTensors,
} from "./forward.ts";
export {
  encodeFor,
  type ImageInput,
  imageInputOf,
  imageLoader,
  readsImages,
  readsTexts,
  unlabelledImage,
} from "./image-input.ts";
export { type GrowingCourse, growingCourse, runCourse } from "./log/course.ts";
export {
  fromFirstStep,
  type LogEvent,
  type LoggedEvent,
  type LogWriter,
  logged,
  logLine,
  logWriter,
  type RunLog,
  runLogged,
} from "./log/log.ts";
export { planOf, specOf } from "./plan-spec.ts";
export { sayReading } from "./reading.ts";
export type { CurvePoint, RunCourse, RunRecord, StepPoint } from "./records.ts";
export { sameTexts } from "./same-texts.ts";
export type {
  Device,
  MapOfSentence,
  MappedSentence,
  ModelSource,
  PlanSpec,
  RunData,
  RunEvent,
  RunResult,
  RunSpec,
  RunSpecByHash,
  StreamedSource,
} from "./spec.ts";
export { drawExamples, type TrainingDraw } from "./start/draw-examples.ts";
export { featuresOf } from "./start/probe.ts";
export { fromSent, type SentError, toSent } from "./worker/sent-error.ts";
export type { RunListener, RunWorker } from "./worker/worker.ts";
