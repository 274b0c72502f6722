import { readFileSync } from "node:fs";
import { createRuntime } from "../runtime/index-node.ts";
import { type AttentionJob, type MeasuredAttention, measureAttention } from "./attention.ts";
import { type MachineJob, type MachineSpeed, measureMachine } from "./machine.ts";
import { type MeasuredStep, measureStep, type StepJob } from "./step.ts";

/** What each kind of measurement takes and gives. */
export interface Jobs {
  readonly machine: { readonly job: MachineJob; readonly measured: MachineSpeed };
  readonly attention: { readonly job: AttentionJob; readonly measured: MeasuredAttention };
  readonly step: { readonly job: StepJob; readonly measured: MeasuredStep };
}

/** Threads of one operator; default as `createRuntime` has it. */
export interface JobSettings {
  readonly threads?: number;
}

const measures: {
  readonly [Kind in keyof Jobs]: (
    runtime: Awaited<ReturnType<typeof createRuntime>>,
    job: Jobs[Kind]["job"],
  ) => Promise<Jobs[Kind]["measured"]>;
} = { machine: measureMachine, attention: measureAttention, step: measureStep };

/** Measure on the CPU, in this process. */
export async function measureHere<Kind extends keyof Jobs>(
  kind: Kind,
  job: Jobs[Kind]["job"],
  { threads }: JobSettings,
): Promise<Jobs[Kind]["measured"]> {
  return measures[kind](await createRuntime({ device: "cpu", threads }), job);
}

/** Most memory that this process had at once, in bytes. */
export function peakBytes(): number {
  try {
    // Linux hands `maxRSS` on from a parent to the child that it starts
    return 1024 * Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))![1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
