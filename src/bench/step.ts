import { type AttentionPlan, dense, effectiveSparsity, isDense, parsePattern } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { buildModel, type EncoderConfig, initialise, parameterSpecs, validPairs } from "../models/index.ts";
import { coreOf, fillInputs, weightTensors } from "../runs/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { createTrainStep, gradientNorm, resolveOptions, type TrainingState, update } from "../training/index.ts";
import { inTurns, type Timing } from "./in-turns.ts";
import { madeUpBatch } from "./made-up-batch.ts";
import { configOfLength } from "./shapes.ts";

export interface StepJob {
  /** A parsed `config.json`. */
  readonly config: unknown;
  /** A pattern's id. */
  readonly attention: string;
  /** `auto`, or a core's name. */
  readonly core: string;
  /** B, examples. */
  readonly batch: number;
  /** n, tokens an example. */
  readonly length: number;
  readonly dense: boolean;
  /** Under the pattern too; nothing more where the pattern is dense. */
  readonly sparse: boolean;
  readonly rounds: number;
  /** Count pairs too; without, the peak of memory is that of the steps alone. */
  readonly checks: boolean;
}

export interface MeasuredStep {
  readonly pattern: string;
  /** Name of the core that computes the pattern. */
  readonly core: string;
  readonly why?: string;
  readonly nominalSparsity: number | null;
  /** Absent without checks. */
  readonly effectiveSparsity?: number;
  readonly dense?: Timing;
  readonly sparse?: Timing;
}

/**
 * Time a whole training step of random weights, dense and under a pattern, in turns: dropout masks, forward, backward, clipping, AdamW.
 *
 * @throws `config/…`, `pattern/…`, `bench/no-texts`.
 */
export async function measureStep(runtime: Runtime, job: StepJob): Promise<MeasuredStep> {
  const { batch, length, rounds, core: wanted } = job;
  const config = configOfLength(job.config, length);
  const plan: AttentionPlan = { pattern: parsePattern(job.attention), core: wanted };
  const context = madeUpBatch(batch, length, config.vocabSize);
  const { core, why } = coreOf(plan, config, runtime, length);
  const sparse = !isDense(plan);
  const work = {
    ...(job.dense && { dense: (await createStepper(runtime, config, { pattern: dense() }, context)).step }),
    ...(job.sparse && sparse && { sparse: (await createStepper(runtime, config, plan, context)).step }),
  };
  const timings = await inTurns(work, rounds);
  return {
    ...{ pattern: plan.pattern.id, core: core.name, why, nominalSparsity: plan.pattern.nominalSparsity },
    ...(job.checks && { effectiveSparsity: sparse ? await sparsityOf(runtime, config, plan, context) : 0 }),
    ...timings,
  };
}

/** A model that takes steps on one batch. */
export interface Stepper {
  readonly state: TrainingState;
  /** Dropout masks, forward, backward, clipping by norm, AdamW. */
  step(): Promise<void>;
}

export async function createStepper(
  runtime: Runtime,
  config: EncoderConfig,
  plan: AttentionPlan,
  context: BatchContext,
): Promise<Stepper> {
  const { core } = coreOf(plan, config, runtime, context.bindings.n);
  const graph = buildModel(config, { plan, core, training: true });
  const { state, run } = await stepOf(runtime, config, graph, context);
  const options = resolveOptions({});
  let step = 0;
  return {
    state,
    async step() {
      await run(step);
      await update(state, options, { norm: gradientNorm(state, step), step, learningRate: options.learningRate });
      step++;
    },
  };
}

async function stepOf(runtime: Runtime, config: EncoderConfig, graph: ReturnType<typeof buildModel>, context: BatchContext) {
  const made = await createTrainStep<BatchContext>(graph, {
    runtime,
    parameters: parameterSpecs(config),
    values: initialise(config, 1),
    largest: [context.bindings],
  });
  return { state: made.state, run: (step: number) => made.run([context], { seed: 1, step }) };
}

/** By one evaluation of the fresh weights. */
async function sparsityOf(runtime: Runtime, config: EncoderConfig, plan: AttentionPlan, context: BatchContext): Promise<number> {
  const { core } = coreOf(plan, config, runtime, context.bindings.n);
  const graph = buildModel(config, { plan, core, training: false });
  const session = await runtime.compile(Object.fromEntries(graph.keptPairs.map((pairs, layer) => [`layer ${layer}`, pairs])));
  const wanted = new Set(session.inputs.map(({ name }) => name));
  const weights = Object.entries(weightTensors(config, initialise(config, 1))).filter(([name]) => wanted.has(name));
  const kept = await session.run({
    ...Object.fromEntries(weights),
    ...fillInputs(graph, { ...context, training: false }, wanted),
  });
  await session.release();
  const sums = Object.values(kept).flatMap(({ data }) => [...(data as Float32Array)]);
  const { B, n } = context.bindings;
  return effectiveSparsity([{ valid: B * validPairs(config, n), kept: sums.reduce((a, b) => a + b, 0) }]);
}
