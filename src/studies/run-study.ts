import { CrispError } from "../errors/index.ts";
import type { EncoderConfig } from "../models/index.ts";
import type { Device, RunEvent, RunSpecByHash } from "../runs/index.ts";
import { DIVERGED, divergedRun } from "./diverged.ts";
import { alsoUnder, type OtherStudy, runsElsewhere } from "./elsewhere.ts";
import type { StudyEnvironment } from "./environment.ts";
import type { PreparedStudy } from "./prepare.ts";
import type { StudyResults } from "./records.ts";
import { predictionLines, resultsOf } from "./results.ts";
import { type RunKey, runName, type StoredRun, type StudyPlan, type StudyRun, type StudyStore } from "./stores/store.ts";
import { workThrough } from "./work-through.ts";

/** What happens during a study. */
export type StudyEvent =
  /** It begins, or goes on behind these runs. */
  | { readonly type: "opened"; readonly finished: readonly StoredRun[]; readonly total: number }
  | ({ readonly type: "run"; readonly event: RunEvent } & RunKey)
  | {
      readonly type: "run-finished";
      readonly run: StoredRun;
      /** Neither done nor taken over here: it was there before, or is another process's. */
      readonly resumed: boolean;
      readonly done: number;
      readonly total: number;
    };

export interface StudyOptions {
  /** Holds the runs; opened and closed here. */
  readonly store: StudyStore;
  /** Studies whose finished runs are taken over where they are the same as runs of this one; default none. */
  readonly others?: readonly OtherStudy[];
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StudyEvent) => void;
  /** Runs at once, each in a process of its own with its share of the cores; default by the encoder's size. */
  readonly parallelRuns?: number;
  /** What computes; default `cpu`. `auto` is for the caller to settle, once for all runs. */
  readonly device?: Exclude<Device, "auto">;
  /** Updates between checkpoints of a run; runs of small encoders take seconds and keep none. */
  readonly saveSteps?: number;
}

export interface FinishedStudy {
  readonly runs: readonly StoredRun[];
  readonly results: StudyResults;
  /** One JSON line an example and run, by seed and arm as the study defines them. */
  readonly predictions: string;
}

/** Below this many multiplications a step is too small to share between cores, so runs share them instead. */
const SMALL_ENCODER_WIDTH = 128;
const isSmall = ({ hiddenSize }: EncoderConfig): boolean => hiddenSize <= SMALL_ENCODER_WIDTH;

/**
 * Run every arm × seed of a study, and aggregate.
 *
 * Runs that the store or one of the others already holds are not done again, and a run that was stopped continues from its checkpoint,
 * so that an interrupted study continues where it was.
 *
 * @returns Null when the signal stopped it, or while others still work on the last runs.
 * @throws What the store throws, such as `study/other-study`; what a run throws, after the others under way are finished.
 */
export async function runStudyIn(
  environment: StudyEnvironment,
  study: PreparedStudy,
  options: StudyOptions,
): Promise<FinishedStudy | null> {
  const { store } = options;
  const { definition } = study;
  const plan = await store.open(study.header);
  try {
    const total = definition.seeds.length * definition.arms.length;
    const told = new Set<string>();
    const finished = (run: StoredRun, resumed: boolean): void => {
      if (told.has(runName(run.record))) return;
      told.add(runName(run.record));
      options.onEvent?.({ type: "run-finished", run, resumed, done: told.size, total });
    };
    const before = await store.finished();
    options.onEvent?.({ type: "opened", finished: before, total });
    for (const run of before) finished(run, true);

    await doRuns(environment, study, options, (run) => finished(run, false));
    const runs = await store.finished();
    // those of others, meanwhile
    for (const run of runs) finished(run, true);
    if (runs.length < total) return null;
    return { runs, results: resultsOf(study, plan, runs, environment.machine), predictions: predictionLines(definition, runs) };
  } finally {
    await store.close();
  }
}

/**
 * Do runs of a study, until none is left or the signal stops it, and leave the results to others.
 *
 * @returns The plan that holds, see `StudyStore.open`.
 * @throws What the store throws; what a run throws, after the others under way are finished.
 */
export async function workOnStudyIn(
  environment: StudyEnvironment,
  study: PreparedStudy,
  options: StudyOptions,
): Promise<StudyPlan> {
  const plan = await options.store.open(study.header);
  const total = study.header.runs.length;
  let done = 0;
  try {
    await doRuns(environment, study, options, (run) =>
      options.onEvent?.({ type: "run-finished", run, resumed: false, done: ++done, total }),
    );
    return plan;
  } finally {
    await options.store.close();
  }
}

async function doRuns(
  environment: StudyEnvironment,
  study: PreparedStudy,
  options: StudyOptions,
  onFinished: (run: StoredRun) => void,
): Promise<void> {
  const { store, device = "cpu" } = options;
  const { config } = study;
  const lanes = Math.max(1, options.parallelRuns ?? (isSmall(config) && device === "cpu" ? environment.cores : 1));
  const threads = Math.max(1, Math.floor(environment.cores / lanes));
  await workThrough(store, {
    name: environment.name,
    lanes,
    signal: options.signal,
    startWorker() {
      const worker = environment.startWorker(lanes > 1 ? "process" : "thread");
      worker.hold(study.dataHash, study.data);
      return worker;
    },
    specOf: (run) => specOf(study, run, options, threads),
    elsewhere: runsElsewhere(study, options.others ?? []),
    onEvent: (run, event) => options.onEvent?.({ type: "run", ...run, event }),
    onFinished,
    resultOfFailed: (run, error) =>
      error instanceof CrispError && DIVERGED.has(error.code) ? divergedRun(study, run) : undefined,
  });
}

function specOf(study: PreparedStudy, run: StudyRun, { store, device, saveSteps }: StudyOptions, threads: number): RunSpecByHash {
  const { definition, config, dataHash } = study;
  const { model, tokenizer, data, arms, options } = definition;
  const arm = arms.find(({ name }) => name === run.arm)!;
  return {
    arm: arm.name,
    model,
    labels: data.train.labels,
    padTokenId: tokenizer.padTokenId,
    plan: arm.plan,
    alsoUnder: alsoUnder(definition, arm.name),
    data: { hash: dataHash },
    draw: definition.draw,
    options: { ...options, ...arm.options, saveSteps: saveSteps ?? options.saveSteps },
    bestBySelection: true,
    seed: run.seed,
    seedOffset: arm.seedOffset,
    checkpoints: isSmall(config) ? undefined : store.checkpoints(run),
    device,
    threads,
  };
}
