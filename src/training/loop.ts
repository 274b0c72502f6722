import type { Evaluation, TrainingEvent } from "./events.ts";
import type { TrainingOptions } from "./options.ts";
import { learningRateAt } from "./schedule.ts";
import { sizeOf } from "./step/state.ts";
import type { StepContext, TrainStep } from "./step/train-step.ts";
import { checkLoss, gradientNorm, update } from "./step/update.ts";

/** How a batch of an update enters the graph. */
export interface BatchSettings {
  /** Updates done before this one. */
  readonly step: number;
  /** Examples of all batches of the update. */
  readonly lossDivisor: number;
}

/** The training examples as batches. */
export interface BatchSource<Context> {
  readonly batchesPerEpoch: number;
  /** Awaited before a batch is used: whatever must be read for it. */
  prepare?(epoch: number, batch: number): Promise<void>;
  /** What a batch counts for in the mean loss of an update: its examples, unless they weigh differently. */
  size(epoch: number, batch: number): number;
  /** The batch in one or several parts, which are computed one behind the other: their losses and gradients are added. */
  contexts(epoch: number, batch: number, settings: BatchSettings): readonly Context[];
}

/** Where a run stands, apart from parameters and moments. */
export interface Progress {
  /** Updates done. */
  readonly step: number;
  /** Seconds of training, evaluation left out. */
  readonly seconds: number;
  readonly bestScore: number | null;
  readonly evaluationsSinceBest: number;
  /** Losses since the last evaluation. */
  readonly lossSum: number;
  readonly lossCount: number;
  /** All so far, so that a resumed run knows its whole learning curve. */
  readonly evaluations: readonly Evaluation[];
}

export const freshProgress: Progress = {
  step: 0,
  seconds: 0,
  bestScore: null,
  evaluationsSinceBest: 0,
  lossSum: 0,
  lossCount: 0,
  evaluations: [],
};

/** What the loop asks of whoever keeps checkpoints. */
export interface Saver {
  /** @returns the path, for the event. */
  save(progress: Progress, best: ReadonlyMap<string, Float32Array> | undefined): Promise<string>;
}

export interface LoopSettings<Context extends StepContext> {
  readonly step: TrainStep<Context>;
  readonly batches: BatchSource<Context>;
  readonly options: TrainingOptions;
  /** Of dropout. */
  readonly seed: number;
  /** Score: higher is better. Left out, nothing is evaluated. */
  readonly evaluate?: () => Promise<{ readonly metrics: Readonly<Record<string, number>>; readonly score: number }>;
  /** Keep the parameters of the best evaluation. */
  readonly keepBest?: boolean;
  readonly saver?: Saver;
  readonly signal?: AbortSignal;
  /** Where a checkpoint left off; parameters and moments are in the step's state already. */
  readonly resume?: {
    readonly progress: Progress;
    readonly best?: ReadonlyMap<string, Float32Array>;
    /** The checkpoint, for messages. */
    readonly path?: string;
  };
}

/** What the loop leaves in the end; parameters are in the step's state. */
export interface LoopResult {
  readonly progress: Progress;
  /** Parameters of the best evaluation, with `keepBest`. */
  readonly best?: ReadonlyMap<string, Float32Array>;
  /** False when the signal stopped it. */
  readonly finished: boolean;
}

/** Updates an epoch, and in all. */
export function plannedSteps(
  batchesPerEpoch: number,
  { gradientAccumulationSteps, numTrainEpochs, maxSteps }: TrainingOptions,
): { readonly perEpoch: number; readonly total: number } {
  const perEpoch = Math.max(1, Math.ceil(batchesPerEpoch / gradientAccumulationSteps));
  return { perEpoch, total: maxSteps > 0 ? maxSteps : Math.ceil(numTrainEpochs * perEpoch) };
}

/**
 * Train: batches → loss and gradients → clipped AdamW update, until all updates are done.
 *
 * Everything random is a function of seed and update, so that a run resumed from a checkpoint equals an uninterrupted one bit for bit.
 * The signal is looked at between updates.
 *
 * @returns The generator's return value says how it ended.
 * @throws `training/not-finite` when loss or gradients are no finite numbers; the update is not made, and the last checkpoint stays.
 * @example
 * for await (const event of trainLoop({ step, batches, options, seed: 1 })) if (event.type === "step") console.log(event.loss);
 */
export async function* trainLoop<Context extends StepContext>(
  settings: LoopSettings<Context>,
): AsyncGenerator<TrainingEvent, LoopResult> {
  const { step: trainStep, batches, options, seed, evaluate, keepBest = false, saver, signal, resume } = settings;
  const { perEpoch, total } = plannedSteps(batches.batchesPerEpoch, options);
  const accumulated = options.gradientAccumulationSteps;
  const { state } = trainStep;
  const { earlyStoppingPatience: patience = Infinity } = options;
  let { step, seconds, bestScore, evaluationsSinceBest, lossSum, lossCount, evaluations } = resume?.progress ?? freshProgress;
  let best = resume?.best;
  let kept = { step: resume?.progress.step, path: resume?.path };
  const progress = (): Progress => ({ step, seconds, bestScore, evaluationsSinceBest, lossSum, lossCount, evaluations });
  const save = async (to: Saver): Promise<TrainingEvent> => {
    kept = { step, path: await to.save(progress(), best) };
    return { type: "saved", step, path: kept.path! };
  };

  const count = (of: typeof state.trained): number => of.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const parameters = count(state.trained);
  const frozen = count(state.parameters) - parameters;
  yield { type: "started", steps: total, parameters, ...(frozen > 0 && { frozen }), resumedAt: step };

  // patience stands here too: a run that was killed after it had stopped early must not continue when it is resumed
  while (step < total && evaluationsSinceBest < patience) {
    if (signal?.aborted) {
      if (saver && kept.step !== step) yield await save(saver);
      yield { type: "stopped", step, reason: "signal" };
      return { progress: progress(), best, finished: false };
    }
    const started = performance.now();
    const epoch = Math.floor(step / perEpoch);
    const first = (step % perEpoch) * accumulated;
    const parts = Array.from({ length: Math.min(accumulated, batches.batchesPerEpoch - first) }, (_, i) => first + i);
    for (const batch of parts) await batches.prepare?.(epoch, batch);
    const lossDivisor = parts.reduce((sum, batch) => sum + batches.size(epoch, batch), 0);
    const contexts = parts.flatMap((batch) => batches.contexts(epoch, batch, { step, lossDivisor }));

    const loss = await trainStep.run(contexts, { seed, step });
    checkLoss(loss, state, step, kept.path);
    const norm = gradientNorm(state, step, kept.path);
    const learningRate = learningRateAt(options, step, total);
    await update(state, options, { norm, step, learningRate });

    step++;
    lossSum += loss;
    lossCount++;
    const elapsedMs = performance.now() - started;
    seconds += elapsedMs / 1000;
    const tokens = contexts.reduce((sum, { lengths }) => sum + tokensOf(lengths), 0);
    yield { type: "step", step, steps: total, epoch: step / perEpoch, loss, learningRate, gradientNorm: norm, elapsedMs, tokens };

    const endOfEpoch = step % perEpoch === 0 || step === total;
    const due =
      options.evalStrategy === "epoch" ? endOfEpoch : options.evalStrategy === "steps" && step % options.evalSteps! === 0;
    if (evaluate && due) {
      const { metrics, score } = await evaluate();
      // NaN is better than nothing to no one
      const better = !Number.isNaN(score) && (bestScore === null || score > bestScore);
      if (better) [bestScore, evaluationsSinceBest] = [score, 0];
      else evaluationsSinceBest++;
      if (better && keepBest) best = await state.snapshot();
      const evaluation: Evaluation = {
        step,
        epoch: step / perEpoch,
        metrics,
        trainLoss: lossSum / lossCount,
        best: better,
      };
      evaluations = [...evaluations, evaluation];
      [lossSum, lossCount] = [0, 0];
      yield { type: "evaluated", ...evaluation };
    }
    const saving = options.saveSteps === undefined ? endOfEpoch : step % options.saveSteps === 0;
    if (saver && (saving || step === total)) yield await save(saver);
    // ONNX Runtime blocks this thread while it runs; messages (stop) get through here
    await nextMacrotask();
  }
  if (step < total) yield { type: "stopped", step, reason: "early stopping" };
  yield { type: "finished", step, seconds };
  return { progress: progress(), best, finished: true };
}

function tokensOf(lengths: ArrayLike<number> = []): number {
  let sum = 0;
  for (let row = 0; row < lengths.length; row++) sum += lengths[row];
  return sum;
}

/** Browsers have no `setImmediate`, and delay timers by 4 ms; a message to oneself comes at once. */
const nextMacrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }
  });
