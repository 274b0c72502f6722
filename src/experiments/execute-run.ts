import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { batchOrder, collate, type Encoded, tokenCounts } from "../data/index.ts";
import type { Bindings } from "../graph/index.ts";
import {
  buildClassifier,
  type EncoderConfig,
  initialise,
  parameterSpecs,
  parseEncoderConfig,
  type StoredModel,
  storedModel,
  weightsFrom,
  withLabels,
} from "../models/index.ts";
import { permutation } from "../random/index.ts";
import type { Runtime, Tensor } from "../runtime/index.ts";
import { type AttentionPlan, type BatchContext, checkPlan, dense, strengthAt } from "../sparsity/index.ts";
import {
  type BatchSource,
  type CheckpointStorage,
  Checkpoints,
  createTrainStep,
  estimate,
  type LoopResult,
  type Progress,
  plannedSteps,
  resolveOptions,
  type TrainingOptions,
  type TrainStep,
  trainLoop,
} from "../training/index.ts";
import { batchContext, createForward, type Evaluated, type Forward } from "./forward.ts";
import { planOf } from "./plan-of.ts";
import type { CurvePoint, RunRecord } from "./records.ts";
import type { Device, MapOfSentence, RunEvent, RunResult, RunSpec } from "./run-spec.ts";
import { accuracy, fitTemperature, negativeLogLikelihood } from "./statistics/index.ts";

/** Training loss and accuracy are measured in evaluation mode on so many examples: the same ones for all runs of a study. */
const TRAIN_SAMPLE = 1000;

/** What a run needs of the place it runs in: Node (run-node.ts) or a browser (run-web.ts). */
export interface RunEnvironment {
  createRuntime(options: {
    readonly device?: Device;
    readonly threads?: number;
    readonly onNote: (text: string) => void;
  }): Promise<Runtime>;
  /** Read a model folder. */
  loadModel(path: string): StoredModel;
  openCheckpoints(where: string): Promise<CheckpointStorage>;
  /** Instruction sets that change how sums are rounded; empty where they are not known. */
  cpuFeatures(): string;
  /** Memory of the process; 0 where it is not known. */
  memoryBytes(): number;
}

/**
 * Train one configuration with one seed, and evaluate it: sparsity on and off.
 *
 * @param options.signal - Looked at between updates, where a checkpoint is written first, and between the batches of the last
 *   evaluation, behind the last checkpoint.
 * @returns Null when the signal stopped it.
 * @throws Whatever the model, the options, the pattern or the training throw.
 */
export async function executeRun(
  spec: RunSpec,
  environment: RunEnvironment,
  { signal, onEvent }: { readonly signal?: AbortSignal; readonly onEvent: (event: RunEvent) => void },
): Promise<RunResult | null> {
  const options = resolveOptions(spec.options);
  const seed = spec.seed + (spec.seedOffset ?? 0);
  const { config, values, fresh } = startingPoint(spec, environment, seed);
  const plan = planOf(spec.plan);
  checkPlan(plan, config);
  const runtime = await environment.createRuntime({
    device: spec.device,
    threads: spec.threads,
    onNote: (text) => onEvent({ type: "note", text }),
  });

  const batches = batchSource(spec, options, plan, seed);
  const step = await createTrainStep<BatchContext>(buildClassifier(config, { plan, training: true }), {
    runtime,
    parameters: parameterSpecs(config),
    values,
    largest: batches.largest,
  });
  const evaluator = evaluators(spec, config, runtime, step, options);
  try {
    const ended = await trainIt(spec, { environment, options, seed, plan, runtime, batches, step, evaluator, signal, onEvent });
    if (!ended.loop.finished) return null;
    if (options.loadBestModelAtEnd && ended.loop.best) await step.state.restore(ended.loop.best);
    const result = await evaluateFinal(spec, { plan, evaluator, step, ended, signal });
    return {
      ...result,
      ...(spec.keepWeights && { weights: await step.state.snapshot() }),
      freshParameters: fresh,
      runtime: { name: runtime.name, version: runtime.version, device: runtime.device, threads: runtime.threads },
    };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  } finally {
    await step.release();
    await evaluator.release();
  }
}

/** What the last evaluation needs of the training. */
interface Trained {
  readonly loop: LoopResult;
  readonly curve: readonly CurvePoint[];
}

async function trainIt(
  spec: RunSpec,
  parts: {
    readonly environment: RunEnvironment;
    readonly options: TrainingOptions;
    readonly seed: number;
    readonly plan: AttentionPlan;
    readonly runtime: Runtime;
    readonly batches: ReturnType<typeof batchSource>;
    readonly step: TrainStep<BatchContext>;
    readonly evaluator: Evaluator;
    readonly signal?: AbortSignal;
    readonly onEvent: (event: RunEvent) => void;
  },
): Promise<Trained> {
  const { environment, options, seed, plan, runtime, batches, step, evaluator, signal, onEvent } = parts;
  const { selection } = spec.data;
  const checkpoints =
    spec.checkpoints === undefined
      ? undefined
      : await checkpointsOf(spec, spec.checkpoints, { environment, step, runtime, options });
  const resumed = await checkpoints?.resume();
  const curve = (resumed?.progress.evaluations ?? []).map(curvePoint);
  for (const text of resumed?.notes ?? []) onEvent({ type: "note", text });

  if (spec.estimate) {
    const { perEpoch, total } = plannedSteps(batches.batchesPerEpoch, options);
    const left = total - (resumed?.progress.step ?? 0);
    const { seconds } = await estimate({ step, batches, tokens: batches.tokens, updates: { perEpoch, left } });
    onEvent({ type: "estimated", seconds, bytes: environment.memoryBytes() });
  }
  const loop = trainLoop({
    step,
    batches,
    options,
    seed,
    // a copy of all weights, in memory and in every checkpoint: only for those who read it
    keepBest: selection !== undefined && (options.loadBestModelAtEnd || spec.bestBySelection === true),
    evaluate:
      selection &&
      (async () => {
        const { probabilities } = await (await evaluator(plan)).evaluate(selection);
        const labels = labelsOf(selection);
        const metrics = { accuracy: accuracy(probabilities, labels), loss: negativeLogLikelihood(probabilities, labels) };
        return { metrics, score: metrics.accuracy };
      }),
    saver: checkpoints,
    signal,
    resume: resumed,
  });
  return { loop: await follow(loop, curve, onEvent), curve };
}

function startingPoint(spec: RunSpec, environment: RunEnvironment, seed: number) {
  if (spec.model.kind === "fresh") {
    const config = withLabels(parseEncoderConfig(spec.model.config), spec.labels);
    return { config, values: initialise(config, seed), fresh: [] };
  }
  const { model } = spec;
  const stored = model.kind === "files" ? storedModel(model.files) : environment.loadModel(model.path);
  const config = withLabels(stored.config, spec.labels);
  const { weights, fresh } = weightsFrom(config, stored, { seed, where: stored.weightsFile });
  return { config, values: weights, fresh };
}

/** Batches as graph contexts, and the bindings of the largest ones. */
function batchSource(
  { data, padTokenId }: RunSpec,
  options: TrainingOptions,
  plan: AttentionPlan,
  seed: number,
): BatchSource<BatchContext> & { readonly largest: readonly Bindings[]; tokens(batch: number): number } {
  const lengths = tokenCounts(data.train);
  const batchSize = options.perDeviceTrainBatchSize;
  let known: { epoch: number; order: Uint32Array[] } | undefined;
  const orderOf = (epoch: number): Uint32Array[] => {
    if (known?.epoch !== epoch)
      known = { epoch, order: batchOrder({ lengths, batchSize, seed: options.dataSeed ?? seed, epoch }) };
    return known.order;
  };
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  return {
    batchesPerEpoch: Math.ceil(data.train.length / batchSize),
    largest: [{ B: Math.min(batchSize, data.train.length), n: longest }],
    size: (epoch, batch) => orderOf(epoch)[batch].length,
    tokens(batch) {
      const positions = orderOf(0)[batch];
      return positions.length * positions.reduce((longest, at) => Math.max(longest, lengths[at]), 0);
    },
    context(epoch, at, { step, lossDivisor }) {
      const batch = collate(
        Array.from(orderOf(epoch)[at], (position) => data.train[position]),
        padTokenId,
      );
      const labelSmoothing = options.labelSmoothingFactor;
      return batchContext(batch, { seed, step, training: true, strength: strengthAt(plan, step), labelSmoothing, lossDivisor });
    },
  };
}

type Evaluator = ((plan: AttentionPlan) => Promise<Forward>) & { release(): Promise<void> };

/** Forward passes over the trainer's own parameters, one a plan, compiled when first needed. */
function evaluators(
  { padTokenId, seed: pairedSeed }: RunSpec,
  config: EncoderConfig,
  runtime: Runtime,
  step: TrainStep<BatchContext>,
  options: TrainingOptions,
): Evaluator {
  const made = new Map<string, Promise<Forward>>();
  const parameters = (): Readonly<Record<string, Tensor>> => step.state.feeds();
  const get = (plan: AttentionPlan): Promise<Forward> => {
    const { pattern, layers, heads } = plan;
    const key = `${pattern.id} ${layers ?? ""} ${heads ?? ""}`;
    const batchSize = options.perDeviceEvalBatchSize;
    const known = made.get(key) ?? createForward({ runtime, config, plan, parameters, seed: pairedSeed, batchSize, padTokenId });
    made.set(key, known);
    return known;
  };
  const release = async (): Promise<void> => {
    for (const forward of made.values()) await (await forward).release();
  };
  return Object.assign(get, { release });
}

async function checkpointsOf(
  spec: RunSpec,
  where: string,
  parts: {
    readonly environment: RunEnvironment;
    readonly step: TrainStep<BatchContext>;
    readonly runtime: Runtime;
    readonly options: TrainingOptions;
  },
): Promise<Checkpoints> {
  const { environment, step, runtime, options } = parts;
  const hash = sha256.create();
  for (const split of [spec.data.train, spec.data.selection ?? []]) {
    for (const { index, label, inputIds } of split) hash.update(utf8ToBytes(`${index} ${label} ${inputIds.join(" ")}\n`));
    hash.update(utf8ToBytes("\n"));
  }
  // how often and how many checkpoints are written changes nothing that is trained
  const { saveTotalLimit, saveSteps: _, ...decisive } = options;
  return new Checkpoints({
    storage: await environment.openCheckpoints(where),
    state: step.state,
    run: {
      configuration: spec.configuration,
      model: nameOf(spec.model),
      attention: JSON.stringify(spec.plan),
      seed: spec.seed,
      seedOffset: spec.seedOffset,
      options: decisive,
      data: bytesToHex(hash.digest()),
    },
    surroundings: {
      runtime: `${runtime.name} ${runtime.version}${runtime.device === "webgpu" ? " on WebGPU" : ""}`,
      threads: runtime.threads,
      cpuFeatures: environment.cpuFeatures(),
    },
    limit: saveTotalLimit,
  });
}

/** Files are named by their content, as they have no path. */
function nameOf(model: RunSpec["model"]): string {
  if (model.kind !== "files") return JSON.stringify(model);
  const hash = sha256.create();
  for (const [name, bytes] of [...model.files].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(utf8ToBytes(name)).update(bytes);
  return bytesToHex(hash.digest());
}

const curvePoint = ({ step, epoch, trainLoss, metrics }: Progress["evaluations"][number]): CurvePoint => ({
  step,
  epoch,
  trainLoss,
  evalLoss: metrics.loss,
  evalAccuracy: metrics.accuracy,
});

/** Hand events on, and collect the learning curve. */
async function follow(
  loop: ReturnType<typeof trainLoop<BatchContext>>,
  curve: CurvePoint[],
  onEvent: (event: RunEvent) => void,
): Promise<LoopResult> {
  for (;;) {
    const { done, value } = await loop.next();
    if (done) return value;
    if (value.type === "started") {
      onEvent({ type: "started", steps: value.steps, parameters: value.parameters });
      if (value.resumedAt > 0) onEvent({ type: "note", text: `goes on after update ${value.resumedAt}` });
    } else if (value.type === "step") {
      const { step, steps, epoch, loss } = value;
      onEvent({ type: "step", step, steps, epoch, loss });
    } else if (value.type === "evaluated") {
      const point = curvePoint(value);
      curve.push(point);
      onEvent({ type: "evaluated", point });
    } else if (value.type === "saved") onEvent(value);
    else if (value.type === "stopped" && value.reason === "early stopping") {
      onEvent({ type: "note", text: `stopped early after update ${value.step}: no better evaluation` });
    }
  }
}

const labelsOf = (examples: readonly Encoded[]): number[] => examples.map(({ label }) => label);

/** The reported split is read here and nowhere else. */
async function evaluateFinal(
  spec: RunSpec,
  parts: {
    readonly plan: AttentionPlan;
    readonly evaluator: Evaluator;
    readonly step: TrainStep<BatchContext>;
    readonly ended: Trained;
    readonly signal?: AbortSignal;
  },
): Promise<Pick<RunResult, "record" | "fresh" | "maps">> {
  const { plan, evaluator, ended, step, signal } = parts;
  const { train, selection, reported = [], fresh = [], mapped = [] } = spec.data;
  const own = await evaluator(plan);
  const trained = await own.evaluate(reported, signal);
  const off = plan.pattern.id === "dense" ? trained : await (await evaluator({ pattern: dense() })).evaluate(reported, signal);
  const cross: Record<string, number[][]> = {};
  for (const [name, other] of Object.entries(spec.alsoUnder ?? {})) {
    cross[name] = (await (await evaluator(planOf(other))).evaluate(reported, signal)).probabilities;
  }
  const sample = trainSample(train);
  const onTrain = (await own.evaluate(sample, signal)).probabilities;
  const onSelection = selection && (await own.evaluate(selection, signal));

  const maps: MapOfSentence[] = [];
  for (const { text, tokens, encoded } of mapped) maps.push(mapOf(text, tokens, await own.attention(encoded)));
  const readFresh = fresh.length > 0 ? (await own.evaluate(fresh)).probabilities : [];
  const record: RunRecord = {
    configuration: spec.configuration,
    seed: spec.seed,
    probabilities: trained.probabilities,
    denseProbabilities: off.probabilities,
    ...(Object.keys(cross).length > 0 && { crossProbabilities: cross }),
    labels: labelsOf(reported),
    trainLoss: negativeLogLikelihood(onTrain, labelsOf(sample)),
    trainAccuracy: accuracy(onTrain, labelsOf(sample)),
    effectiveSparsity: sparsityOf(trained),
    seconds: ended.loop.progress.seconds,
    bestBySelectionAccuracy: ended.loop.best ? await bestOnReported(spec, step, ended.loop.best, own) : null,
    temperature: onSelection ? fitTemperature(onSelection.logits, labelsOf(selection)) : null,
    curve: ended.curve,
  };
  return { record, fresh: readFresh, maps };
}

/** Drawn, not the first ones: files are often sorted by label. */
function trainSample(train: readonly Encoded[]): Encoded[] {
  const drawn = permutation({ seed: 0, step: 0, site: "train-sample" }, train.length).subarray(0, TRAIN_SAMPLE);
  return Array.from(drawn.sort(), (at) => train[at]);
}

const sparsityOf = ({ pairs: { kept, valid } }: Evaluated): number => (valid === 0 ? 0 : 1 - kept / valid);

/** The best weights by the selection split, read on the reported split; the last weights come back afterwards. */
async function bestOnReported(
  { data: { reported = [] } }: RunSpec,
  { state }: TrainStep<BatchContext>,
  best: ReadonlyMap<string, Float32Array>,
  forward: Forward,
): Promise<number> {
  const last = await state.snapshot();
  await state.restore(best);
  const { probabilities } = await forward.evaluate(reported);
  await state.restore(last);
  return accuracy(probabilities, labelsOf(reported));
}

/** The last layer's first head. */
function mapOf(text: string, tokens: readonly string[], layers: readonly Float32Array[]): MapOfSentence {
  const n = tokens.length;
  const layer = layers.length - 1;
  const probabilities = Array.from({ length: n }, (_, query) => [...layers[layer].subarray(query * n, (query + 1) * n)]);
  return { text, tokens, layer, head: 0, probabilities };
}
