import { CrispError } from "../errors/index.ts";
import type { TrainingEvent } from "./events.ts";
import type { TrainingOptions } from "./options.ts";
import { learningRateAt } from "./schedule.ts";
import type { StepContext, TrainStep } from "./train-step.ts";
import { gradientNorm, update } from "./update.ts";

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
  /** Number of examples of one batch. */
  size(epoch: number, batch: number): number;
  context(epoch: number, batch: number, settings: BatchSettings): Context;
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
}

export const freshProgress: Progress = {
  step: 0,
  seconds: 0,
  bestScore: null,
  evaluationsSinceBest: 0,
  lossSum: 0,
  lossCount: 0,
};

/** What the loop asks of whoever keeps checkpoints. */
export interface Saver {
  /** @returns the path, for the event. */
  save(progress: Progress, best: ReadonlyMap<string, Float32Array> | undefined): string;
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
  /** Where a checkpoint left off. */
  readonly resume?: { readonly progress: Progress; readonly best?: ReadonlyMap<string, Float32Array> };
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
 * @throws `training/not-finite` when loss or gradients are no finite numbers; the update is not made.
 */
export async function* trainLoop<Context extends StepContext>(
  settings: LoopSettings<Context>,
): AsyncGenerator<TrainingEvent, LoopResult> {
  const { step: trainStep, batches, options, seed, evaluate, keepBest = false, saver, signal, resume } = settings;
  const { perEpoch, total } = plannedSteps(batches.batchesPerEpoch, options);
  const accumulated = options.gradientAccumulationSteps;
  const { state } = trainStep;
  let { step, seconds, bestScore, evaluationsSinceBest, lossSum, lossCount } = resume?.progress ?? freshProgress;
  let best = resume?.best;
  const progress = (): Progress => ({ step, seconds, bestScore, evaluationsSinceBest, lossSum, lossCount });

  const parameters = state.trained.reduce((sum, { value }) => sum + value.array.length, 0);
  yield { type: "started", steps: total, parameters, resumedAt: step };

  while (step < total) {
    if (signal?.aborted) {
      if (saver) yield { type: "saved", step, path: saver.save(progress(), best) };
      yield { type: "stopped", step, reason: "signal" };
      return { progress: progress(), best, finished: false };
    }
    const started = performance.now();
    const epoch = Math.floor(step / perEpoch);
    const first = (step % perEpoch) * accumulated;
    const parts = Array.from({ length: Math.min(accumulated, batches.batchesPerEpoch - first) }, (_, i) => first + i);
    const lossDivisor = parts.reduce((sum, batch) => sum + batches.size(epoch, batch), 0);
    const contexts = parts.map((batch) => batches.context(epoch, batch, { step, lossDivisor }));

    const loss = await trainStep.run(contexts, { seed, step });
    if (!Number.isFinite(loss)) throw notFinite(loss, step);
    const norm = gradientNorm(state, step);
    const learningRate = learningRateAt(options, step, total);
    update(state, options, { norm, step, learningRate });

    step++;
    lossSum += loss;
    lossCount++;
    seconds += (performance.now() - started) / 1000;
    yield { type: "step", step, steps: total, epoch: step / perEpoch, loss, learningRate, gradientNorm: norm };

    const endOfEpoch = step % perEpoch === 0 || step === total;
    const due =
      options.evalStrategy === "epoch" ? endOfEpoch : options.evalStrategy === "steps" && step % options.evalSteps! === 0;
    let stopEarly = false;
    if (evaluate && due) {
      const { metrics, score } = await evaluate();
      const better = bestScore === null || score > bestScore;
      if (better) [bestScore, evaluationsSinceBest] = [score, 0];
      else evaluationsSinceBest++;
      if (better && keepBest) best = state.snapshot();
      yield { type: "evaluated", step, epoch: step / perEpoch, metrics, trainLoss: lossSum / lossCount, best: better };
      [lossSum, lossCount] = [0, 0];
      stopEarly = options.earlyStoppingPatience !== undefined && evaluationsSinceBest >= options.earlyStoppingPatience;
    }
    const saving = options.saveSteps === undefined ? endOfEpoch : step % options.saveSteps === 0;
    if (saver && saving && step < total) yield { type: "saved", step, path: saver.save(progress(), best) };
    if (stopEarly) {
      yield { type: "stopped", step, reason: "early stopping" };
      break;
    }
    // ONNX Runtime blocks this thread while it runs; messages (stop) get through here
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield { type: "finished", step, seconds };
  return { progress: progress(), best, finished: true };
}

function notFinite(loss: number, step: number): CrispError {
  return new CrispError(
    "training/not-finite",
    `training, update ${step + 1}: expected a finite loss, got ${loss}. Lower --learning_rate, or raise --warmup_steps.`,
    { step: step + 1 },
  );
}
