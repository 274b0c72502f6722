import type { AttentionPlan } from "../attention/index.ts";
import { dense } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { collate, type Encoded } from "../data/index.ts";
import type { EncoderConfig } from "../models/index.ts";
import { type MaskingRules, tasks } from "../tasks/index.ts";
import { resolveOptions } from "../training/index.ts";
import { batchSource, type RunBatches } from "./batches.ts";
import type { RunEnvironment } from "./environment/environment.ts";
import { examplesInMemory } from "./examples.ts";
import { executeRun } from "./execute.ts";
import { batchContext, type ContextSettings } from "./forward.ts";
import type { CurvePoint } from "./records.ts";
import type { RunEvent, RunSpec } from "./spec.ts";

/** Blocks of text, and how they are hidden and batched. */
export interface MaskedText {
  readonly blocks: readonly Encoded[];
  readonly masking: MaskingRules;
  readonly padTokenId: number;
  readonly batchSize: number;
  readonly seed: number;
}

const { collate: hide, lossWeight } = tasks.masked_lm;

/** A batch of some blocks as graph inputs are filled from it. */
export function maskedContext(
  { blocks, masking, padTokenId, seed }: MaskedText,
  positions: readonly number[],
  epoch: number,
  settings: Omit<ContextSettings, "seed">,
): BatchContext {
  const chosen = positions.map((at) => blocks[at]);
  return batchContext(collate(hide!(chosen, { seed, epoch, masking }), padTokenId), { seed, ...settings });
}

/** The training batches of a run. */
export function maskedBatches(
  { blocks, masking, padTokenId, batchSize, seed }: MaskedText,
  { dataSeed = seed, plan = { pattern: dense() } }: { readonly dataSeed?: number; readonly plan?: AttentionPlan } = {},
): RunBatches {
  const options = resolveOptions({ perDeviceTrainBatchSize: batchSize, dataSeed });
  const data = { train: blocks };
  const run: RunSpec = {
    arm: "",
    model: { kind: "fresh", config: {} },
    task: "masked_lm",
    labels: [],
    masking,
    padTokenId,
    plan: { pattern: "dense" },
    data,
    options,
    seed,
  };
  return batchSource(run, examplesInMemory(blocks), options, plan, seed);
}

/** How many tokens of all blocks the evaluation predicts. */
export const evaluatedTokens = ({ blocks, masking, seed }: MaskedText): number =>
  lossWeight(hide!(blocks, { seed, epoch: -1, masking }));

/** A pre-training run in short. */
export type MaskedRunSpec = Omit<RunSpec, "arm" | "task" | "labels" | "data" | "masking"> & {
  readonly masking: MaskingRules;
  readonly data: { readonly train: readonly Encoded[]; readonly selection: readonly Encoded[] };
};

export interface MaskedRunResult {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly config: EncoderConfig;
  readonly loss: number;
  readonly lossSparsityOff: number;
  readonly curve: readonly CurvePoint[];
}

/** Execute a run whose task is the masked language model; null when it was stopped. */
export async function executeMasked(
  { data: { train, selection }, ...spec }: MaskedRunSpec,
  environment: RunEnvironment,
  listener: { readonly signal?: AbortSignal; readonly onEvent: (event: RunEvent) => void },
): Promise<MaskedRunResult | null> {
  const data = { train, selection, reported: selection };
  const run = await executeRun(
    { arm: spec.plan.pattern, task: "masked_lm", labels: [], keepWeights: true, ...spec, data },
    environment,
    listener,
  );
  if (!run) return null;
  const { config, weights, figures, figuresSparsityOff, record } = run;
  return { config, weights: weights!, loss: figures.loss, lossSparsityOff: figuresSparsityOff.loss, curve: record.curve };
}
