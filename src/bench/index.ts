export {
  type AttentionJob,
  type AttentionShape,
  type MeasuredAttention,
  measureAttention,
  type PreparedAttention,
  prepareAttention,
  type SparseAttention,
} from "./attention.ts";
export { blockWidth, withBlockWidth } from "./block-width.ts";
export { breakEven, type SpeedAtLength } from "./break-even.ts";
export { inTurns, type Timing } from "./in-turns.ts";
export { type MachineJob, type MachineSpeed, measureMachine } from "./machine.ts";
export { madeUpBatch } from "./made-up-batch.ts";
export type { BenchResults, OneResult, Sweep, SweepPoint, SweepSeries } from "./records.ts";
export { configOfLength, modelShapes } from "./shapes.ts";
export { createStepper, type MeasuredStep, measureStep, type StepJob, type Stepper } from "./step.ts";
export { batchOf, LENGTHS, type SweepSettings, sweep } from "./sweep.ts";
