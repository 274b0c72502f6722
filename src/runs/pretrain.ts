import { type AttentionPlan, checkPlan, dense, strengthAt } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { type Encoded, evaluationOrder, type MaskingRules, tokenCounts } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { buildModel, type EncoderConfig, parameterSpecs } from "../models/index.ts";
import type { Runtime, Tensor } from "../runtime/index.ts";
import { createTrainStep, estimate, plannedSteps, resolveOptions, type TrainingOptions, trainLoop } from "../training/index.ts";
import { checkpointsOf } from "./checkpoints.ts";
import type { RunEnvironment } from "./environment.ts";
import { hashOf } from "./examples.ts";
import { curvePoint, followLoop } from "./follow-loop.ts";
import { fillInputs } from "./forward.ts";
import { evaluatedTokens, maskedBatches, maskedContext } from "./masked-batches.ts";
import { planOf } from "./plan-spec.ts";
import type { CurvePoint } from "./records.ts";
import type { Device, ModelSource, PlanSpec, RunEvent } from "./spec.ts";
import { startingPoint } from "./starting-point.ts";

/** Everything a masked-language-model training follows from; plain data, so that it crosses to a worker. */
export interface PretrainSpec {
  readonly model: ModelSource;
  readonly plan: PlanSpec;
  /** Blocks of tokens; see `textBlocks`. */
  readonly data: { readonly train: readonly Encoded[]; readonly selection: readonly Encoded[] };
  readonly masking: MaskingRules;
  readonly padTokenId: number;
  readonly options: Partial<TrainingOptions>;
  readonly seed: number;
  /** Folder for checkpoints; left out, none are written. */
  readonly checkpoints?: string;
  readonly device?: Device;
  readonly threads?: number;
}

/** What it leaves. */
export interface PretrainResult {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** With the head for masked tokens. */
  readonly config: EncoderConfig;
  /** Mean cross-entropy of the held-out text's masked tokens, in nats, attention as trained and dense. */
  readonly loss: number;
  readonly lossSparsityOff: number;
  readonly steps: number;
  readonly seconds: number;
  readonly curve: readonly CurvePoint[];
  /** Parts of the head that the model lacked; empty where all of it was drawn. */
  readonly freshParameters: readonly string[];
}

/**
 * Train an encoder to fill in masked tokens, and evaluate it on held-out blocks, whose masks are always the same.
 *
 * @param options.signal - Looked at between updates, where a checkpoint is written first.
 * @returns Null when the signal stopped it.
 * @throws `pretrain/nothing-held-out` where no token of the held-out blocks is masked, and whatever the model, the options, the pattern or the training throw.
 */
export async function executePretraining(
  spec: PretrainSpec,
  environment: RunEnvironment,
  { signal, onEvent }: { readonly signal?: AbortSignal; readonly onEvent: (event: RunEvent) => void },
): Promise<PretrainResult | null> {
  const options = resolveOptions(spec.options);
  if (options.labelSmoothingFactor > 0) {
    throw expectedGot(
      "training/bad-option",
      "labelSmoothingFactor",
      "0 where tokens are predicted",
      options.labelSmoothingFactor,
    );
  }
  checkHeldOut(spec);
  const { config, values, fresh } = startingPoint(spec.model, { labels: [], task: "masked_lm" }, environment, spec.seed);
  const plan = planOf(spec.plan);
  checkPlan(plan, config);
  const runtime = await environment.createRuntime({
    device: spec.device,
    threads: spec.threads,
    onNote: (text) => onEvent({ type: "note", text }),
  });
  const batches = maskedBatches({
    blocks: spec.data.train,
    masking: spec.masking,
    padTokenId: spec.padTokenId,
    batchSize: options.perDeviceTrainBatchSize,
    seed: spec.seed,
    dataSeed: options.dataSeed ?? spec.seed,
    strengthAt: (step) => strengthAt(plan, step),
  });
  const step = await createTrainStep<BatchContext>(buildModel(config, { plan, training: true }), {
    runtime,
    parameters: parameterSpecs(config),
    values,
    largest: batches.largest,
  });
  const evaluate = (under: AttentionPlan, signal?: AbortSignal): Promise<number> =>
    heldOutLoss(spec, { config, plan: under, runtime, parameters: step.state.feeds(), options, signal });
  try {
    const data = `${hashOf(spec.data.train)} ${hashOf(spec.data.selection)}`;
    const surroundings = { environment, step, runtime, options, data };
    const described = { ...spec, configuration: `masked_lm(probability=${spec.masking.probability})` };
    const saver = spec.checkpoints === undefined ? undefined : await checkpointsOf(described, spec.checkpoints, surroundings);
    const resumed = await saver?.resume();
    for (const text of resumed?.notes ?? []) onEvent({ type: "note", text });
    const curve = (resumed?.progress.evaluations ?? []).map(curvePoint);
    const { perEpoch, total } = plannedSteps(batches.batchesPerEpoch, options);
    const left = total - (resumed?.progress.step ?? 0);
    const { seconds } = await estimate({ step, batches, tokens: batches.tokens, updates: { perEpoch, left } });
    onEvent({ type: "estimated", seconds, bytes: environment.memoryBytes() });

    // Not stopped by the signal: the loop looks at it right after, and writes the checkpoint of this update.
    const scored = async () => {
      const loss = await evaluate(plan);
      return { metrics: { loss }, score: -loss };
    };
    const { seed } = spec;
    const keepBest = options.loadBestModelAtEnd;
    const loop = trainLoop({ step, batches, options, seed, keepBest, evaluate: scored, saver, signal, resume: resumed });
    const ended = await followLoop(loop, curve, onEvent);
    if (!ended.finished) return null;
    if (keepBest && ended.best) await step.state.restore(ended.best);
    const loss = await evaluate(plan, signal);
    return {
      weights: await step.state.snapshot(),
      config,
      loss,
      lossSparsityOff: plan.pattern.id === "dense" ? loss : await evaluate({ pattern: dense() }, signal),
      steps: ended.progress.step,
      seconds: ended.progress.seconds,
      curve,
      freshParameters: fresh,
    };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  } finally {
    await step.release();
  }
}

function checkHeldOut({ data: { selection: blocks }, masking, seed }: PretrainSpec): void {
  if (evaluatedTokens({ blocks, masking, seed }) > 0) return;
  const hint = "Hold out more text: a loss over no token says nothing.";
  throw expectedGot("pretrain/nothing-held-out", "held-out text", "at least one masked token", "none", hint);
}

/** Mean cross-entropy over the masked tokens of the held-out blocks. */
async function heldOutLoss(
  { data: { selection: blocks }, masking, padTokenId, seed }: PretrainSpec,
  parts: {
    readonly config: EncoderConfig;
    readonly plan: AttentionPlan;
    readonly runtime: Runtime;
    readonly parameters: Readonly<Record<string, Tensor>>;
    readonly options: TrainingOptions;
    readonly signal?: AbortSignal;
  },
): Promise<number> {
  const { config, plan, runtime, parameters, options, signal } = parts;
  const graph = buildModel(config, { plan, training: false });
  const session = await runtime.compile({ loss: graph.loss });
  const wanted = new Set(session.inputs.map(({ name }) => name));
  const weights = Object.fromEntries(Object.entries(parameters).filter(([name]) => wanted.has(name)));
  // logits of masked tokens are wide: fewer examples than a classifier takes
  const batchSize = options.perDeviceTrainBatchSize;
  let [sum, count] = [0, 0];
  try {
    for (const positions of evaluationOrder({ lengths: tokenCounts(blocks), batchSize })) {
      signal?.throwIfAborted();
      const settings = { step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 };
      const context = maskedContext({ blocks, masking, padTokenId, batchSize, seed }, positions, -1, settings);
      const { loss } = await session.run({ ...weights, ...fillInputs(graph, context, wanted) });
      sum += (loss.data as Float32Array)[0];
      count += context.masked!.labels.reduce((labelled, label) => labelled + Number(label >= 0), 0);
    }
  } finally {
    await session.release();
  }
  return sum / count;
}
