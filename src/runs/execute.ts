import type { AttentionPlan } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { expectedGot } from "../errors/index.ts";
import { baseHash, buildModel, type EncoderConfig, mergeAdapters, withDropout } from "../models/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { DEFAULT_TASK, tasks } from "../tasks/index.ts";
import {
  createTrainStep,
  estimate,
  plannedSteps,
  resolveOptions,
  stepBytes,
  type TrainedParameter,
  type TrainingOptions,
  type TrainStep,
  trainLoop,
} from "../training/index.ts";
import { batchSource, largestBatch, type RunBatches } from "./batches.ts";
import { checkpointsOf } from "./checkpoints.ts";
import { coreOf } from "./core-of.ts";
import type { RunEnvironment } from "./environment/environment.ts";
import { type Evaluator, evaluateFinal, evaluators, type Trained } from "./evaluate.ts";
import { examplesInMemory, examplesOnDisk, hashOf, type TrainingExamples, withImages } from "./examples.ts";
import { rulesOf, taskFigures } from "./figures.ts";
import { curvePoint, followLoop } from "./follow-loop.ts";
import { imageLoader, type LoadImages } from "./image-input.ts";
import { planOf, specOf } from "./plan-spec.ts";
import { sayReading } from "./reading.ts";
import type { RunEvent, RunResult, RunSpec } from "./spec.ts";
import { drawExamples } from "./start/draw-examples.ts";
import { fitBatch } from "./start/fit-batch.ts";
import { headStart } from "./start/head-start.ts";
import { startingPoint } from "./start/starting-point.ts";
import { trainedParameters } from "./start/trained-parameters.ts";

/**
 * Train one arm with one seed, and evaluate it: sparsity on and off.
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
  const asked = resolveOptions(spec.options);
  const seed = spec.seed + (spec.seedOffset ?? 0);
  const head = { labels: spec.labels, task: spec.task ?? DEFAULT_TASK };
  checkTask(spec, asked);
  const start = startingPoint(spec.model, head, environment, seed, asked.numHiddenLayers);
  const runtime = await environment.createRuntime({
    device: spec.device,
    threads: spec.threads,
    onNote: (text) => onEvent({ type: "note", text }),
  });

  const loadImages = spec.images && imageLoader(spec.images, environment.images);
  const held: (() => Promise<void>)[] = [];
  try {
    const train = await trainingExamples(spec, environment, { signal, onEvent }, loadImages);
    held.push(() => train.close());
    const { fresh, plan, pooling, frozenAccuracy, ...started } = await headStart(spec, start, {
      ...{ plan: planOf(spec.plan), runtime, train, options: asked, signal },
    });
    const saved = withDropout(started.config, { hidden: asked.hiddenDropoutProb, attention: asked.attentionProbsDropoutProb });
    const { config, parameters, values } = trainedParameters(saved, started.values, asked, seed);
    const { core, why } = coreOf(plan, config, runtime, train.longest);
    if (why) onEvent({ type: "note", text: `attention by ${why}` });
    const windows = tasks[config.task].averagesWindows && train.texts > 1;
    const { distillationAlpha: alpha, distillationTemperature: temperature = 1 } = asked;
    const distillation = alpha === undefined ? undefined : { alpha, temperature };
    const { rDropAlpha } = asked;
    const eightBits = asked.quantizationAware !== undefined;
    const graph = buildModel(config, { plan, core, training: true, windows, rDropAlpha, distillation, eightBits });
    const accumulates = (steps: number): boolean => steps > 1 || windows === true;
    const { gradientCheckpointing } = asked;
    const bytesOf = (examples: number, steps: number): number =>
      stepBytes(graph, { parameters, gradientCheckpointing, accumulates: accumulates(steps) })(
        largestBatch(train, examples, config.task),
      );
    const { options, note } = fitBatch(asked, {
      bytesOf,
      available: runtime.memory ? undefined : environment.availableBytes(),
      divisible: !tasks[head.task].comparesBatch,
    });
    if (note) onEvent({ type: "note", text: note });
    const batches = batchSource(spec, train, options, plan, seed);
    const before = environment.memoryBytes();
    // of the largest batch, which need not be the first one; on a device it is not the process that needs it
    const memoryBytes = (): number =>
      runtime.memory
        ? environment.memoryBytes()
        : Math.max(
            environment.memoryBytes(),
            before + bytesOf(options.perDeviceTrainBatchSize, options.gradientAccumulationSteps),
          );
    const step = await createTrainStep<BatchContext>(graph, {
      runtime,
      parameters,
      values,
      largest: batches.largest,
      gradientCheckpointing,
      accumulates: accumulates(options.gradientAccumulationSteps),
    });
    held.push(() => step.release());
    const evaluator = evaluators(spec, config, { runtime, step, options, longest: train.longest, loadImages });
    held.push(() => evaluator.release());
    const ended = await trainIt(spec, {
      environment,
      options,
      seed,
      plan,
      runtime,
      train,
      batches,
      step,
      evaluator,
      memoryBytes,
      signal,
      onEvent,
    });
    if (!ended.loop.finished) return null;
    if (options.loadBestModelAtEnd && ended.loop.best) await step.state.restore(ended.loop.best);
    const result = await evaluateFinal(spec, { plan, evaluator, step, ended, train, signal });
    return {
      ...result,
      ...(spec.keepWeights && (await kept(await step.state.snapshot(), config, parameters))),
      // a pooling layer that was put on top is no part of the encoder that an adapter is loaded beside, and left-out layers are
      ...((pooling === "mean" || asked.numHiddenLayers !== undefined) && { adapter: undefined }),
      freshParameters: fresh,
      config: saved,
      plan: specOf(plan),
      pooling,
      frozenAccuracy,
      runtime: { name: runtime.name, version: runtime.version, device: runtime.device, threads: runtime.threads },
    };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  } finally {
    for (const release of held.reverse()) await release();
  }
}

/** All weights, with what adapters add to them, and the adapters themselves. */
async function kept(
  values: ReadonlyMap<string, Float32Array>,
  { lora: settings }: EncoderConfig,
  parameters: readonly TrainedParameter[],
): Promise<Pick<RunResult, "weights" | "adapter">> {
  if (!settings) return { weights: values };
  const valuesOf = (wanted: boolean) =>
    parameters.flatMap(({ name, trainable }) => (trainable === wanted ? [[name, values.get(name)!] as const] : []));
  const adapter = { settings, weights: new Map(valuesOf(true)), base: await baseHash(valuesOf(false)) };
  return { weights: mergeAdapters(values, settings), adapter };
}

function checkTask(
  { task: name = DEFAULT_TASK, data, taughtBy, seed, masking }: RunSpec,
  { labelSmoothingFactor, rDropAlpha = 0, distillationAlpha, distillationTemperature }: TrainingOptions,
): void {
  const task = tasks[name];
  const taught = "paths" in data.train ? undefined : data.train[0]?.teacher;
  if (taught && taughtBy === undefined)
    throw expectedGot("training/bad-option", "taughtBy", "the hash of the teacher whose outputs the examples have", "none");
  for (const [option, value] of Object.entries({ distillationAlpha, distillationTemperature })) {
    if (value === undefined || (taught && distillationAlpha !== undefined)) continue;
    throw expectedGot("training/bad-option", option, "a teacher beside it", "none", "Name one, or leave the option out.");
  }
  if (distillationAlpha !== undefined && !task.distillation) {
    const rule = `none in ${name}, which learns from no teacher`;
    throw expectedGot("training/bad-option", "distillationAlpha", rule, distillationAlpha);
  }
  if (rDropAlpha > 0 && !task.divergence) {
    throw expectedGot("training/bad-option", "rDropAlpha", `0 in ${name}, whose outputs are no distribution`, rDropAlpha);
  }
  if (labelSmoothingFactor > 0 && !task.smooths) {
    const rule = `0 in ${name}, which has nothing to smooth`;
    throw expectedGot("training/bad-option", "labelSmoothingFactor", rule, labelSmoothingFactor);
  }
  if (!data.selection || !task.collate || task.lossWeight(task.collate(data.selection, { seed, epoch: -1, masking })) > 0) return;
  const hint = "Hold out more text: a loss over no token says nothing.";
  throw expectedGot("training/nothing-held-out", "held-out text", "at least one masked token", "none", hint);
}

async function trainingExamples(
  { data: { train }, draw, seed, labels, task = DEFAULT_TASK }: RunSpec,
  environment: RunEnvironment,
  { signal, onEvent }: { readonly signal?: AbortSignal; readonly onEvent: (event: RunEvent) => void },
  loadImages?: LoadImages,
): Promise<TrainingExamples> {
  if ("paths" in train) {
    const dataset = await environment.openStream(train, { signal, onProgress: sayReading(train.paths, onEvent) });
    if (train.fingerprint === undefined || train.fingerprint === dataset.fingerprint) return examplesOnDisk(dataset, train);
    await dataset.close();
    const hint = "The data changed between two looks at them: start again, and leave the files alone.";
    throw expectedGot("data/changed", dataset.name, "the bytes that were looked through before", "others", hint);
  }
  const drawn = draw ? drawExamples(train, draw, { seed, classes: labels.length }) : train;
  const examples = examplesInMemory(drawn, tasks[task].labels?.has);
  return loadImages ? withImages(examples, loadImages) : examples;
}

async function trainIt(
  spec: RunSpec,
  parts: {
    readonly environment: RunEnvironment;
    readonly options: TrainingOptions;
    readonly seed: number;
    readonly plan: AttentionPlan;
    readonly runtime: Runtime;
    readonly train: TrainingExamples;
    readonly batches: RunBatches;
    readonly step: TrainStep<BatchContext>;
    readonly evaluator: Evaluator;
    readonly memoryBytes: () => number;
    readonly signal?: AbortSignal;
    readonly onEvent: (event: RunEvent) => void;
  },
): Promise<Trained> {
  const { environment, options, seed, plan, runtime, train, batches, step, evaluator, memoryBytes, signal, onEvent } = parts;
  const { selection } = spec.data;
  const checkpoints =
    spec.checkpoints === undefined
      ? undefined
      : await checkpointsOf(spec, spec.checkpoints, {
          ...{ environment, step, runtime, options },
          data: `${train.fingerprint()} ${hashOf(selection ?? [])}`,
        });
  const resumed = await checkpoints?.resume();
  const curve = (resumed?.progress.evaluations ?? []).map(curvePoint);
  for (const text of resumed?.notes ?? []) onEvent({ type: "note", text, resumed: true });

  if (spec.estimate) {
    const { perEpoch, total } = plannedSteps(batches.batchesPerEpoch, options);
    const left = total - (resumed?.progress.step ?? 0);
    const { seconds } = await estimate({ step, batches, tokens: batches.tokens, updates: { perEpoch, left } });
    onEvent({ type: "estimated", seconds, bytes: memoryBytes() });
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
        const evaluated = await (await evaluator(plan)).evaluate(selection);
        const { figures, loss, score } = taskFigures(rulesOf(spec), evaluated, selection);
        return { metrics: { ...figures, loss }, score };
      }),
    saver: checkpoints,
    signal,
    resume: resumed,
  });
  return { loop: await followLoop(loop, curve, onEvent), curve };
}
