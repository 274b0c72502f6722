import { expectedGot } from "../errors/index.ts";
import type { RunLog, RunResult } from "../runs/index.ts";
import type { Arm, StudyDefinition } from "./definition.ts";

/** Names a run of a study. */
export interface StudyRun {
  readonly arm: string;
  readonly seed: number;
}

/** What is kept of a finished run. */
export type StoredRun = Omit<RunResult, "weights">;

/** What is fixed before the first run is finished: verdicts hold for no other. */
export interface StudyPlan {
  readonly seeds: readonly number[];
  /** Numbers of seeds at which results are judged. */
  readonly looks: readonly number[];
  readonly claims?: readonly string[];
}

/** What a store is told of a study; plain data. */
export interface StudyHeader {
  /** Hash of everything the runs read: only the same study is gone on with. */
  readonly fingerprint: string;
  readonly study: string;
  readonly corpus: string;
  readonly arms: readonly Arm[];
  /** As asked for now; `open` says what holds. Its seeds are those to be run. */
  readonly plan: StudyPlan;
  readonly options: StudyDefinition["options"];
  readonly command: string;
}

/**
 * Where a study's runs live: asynchronous, so that a folder and a database look the same. One object serves one study at a time.
 *
 * Whatever is added here, every store must do: `store.contract.ts` says what.
 */
export interface StudyStore {
  /**
   * Begin a study or continue it, until `close`.
   *
   * @returns The plan that holds: that of whoever began, once a run is finished.
   * @throws `study/other-study` when it holds a study of other data, arms or options, or of other seeds; then nothing is changed.
   */
  open(header: StudyHeader): Promise<StudyPlan>;
  /**
   * Take the first run, in the order of `runsOf`, that is neither finished nor taken.
   *
   * @param worker - Names who works on it, unlike all others.
   * @returns undefined when there is none.
   */
  claim(worker: string): Promise<StudyRun | undefined>;
  /**
   * Say that a run is still worked on.
   *
   * @returns False when it is no longer this worker's, since no sign of life came for too long.
   */
  beat(run: StudyRun, worker: string): Promise<boolean>;
  /** Give a run back, unfinished: it can be taken again, and continues from its checkpoint. */
  release(run: StudyRun, worker: string): Promise<void>;
  /** Keep the result, whole or not at all; the run's checkpoints have served. */
  finish(run: StudyRun, result: StoredRun): Promise<void>;
  /** Name of the run's checkpoints, as `RunEnvironment.openCheckpoints` takes it. */
  checkpoints(run: StudyRun): string;
  log(run: StudyRun): RunLog;
  /**
   * Finished runs among those of the header, in the order of `runsOf`, whoever finished them and when.
   *
   * @throws `study/corrupt` for one that is not what was kept.
   */
  finished(): Promise<readonly StoredRun[]>;
  /** Leave the study to others. */
  close(): Promise<void>;
}

/** All runs of a study in their order. Seeds vary slowest: whenever it stops, the seeds so far are whole. */
export const runsOf = ({ arms, plan }: Pick<StudyHeader, "arms" | "plan">): StudyRun[] =>
  plan.seeds.flatMap((seed) => arms.map(({ name }) => ({ arm: name, seed })));

/** Names a run in files and tables; `checkStudy` keeps arms to letters that a file name may have. */
export const runName = ({ arm, seed }: StudyRun): string => `${arm}.seed-${seed}`;

/**
 * The plan that holds when a study is gone on with.
 *
 * As long as no run is finished it may change; afterwards more seeds add runs, but no verdict that was not planned.
 *
 * @param where - The store, for messages.
 * @throws `study/other-study`.
 */
export function settlePlan(
  where: string,
  found: Pick<StudyHeader, "fingerprint" | "plan">,
  asked: Pick<StudyHeader, "fingerprint" | "plan">,
  anyFinished: boolean,
): StudyPlan {
  const hint = "Give another --output_dir, or --overwrite_output_dir to start afresh.";
  if (found.fingerprint !== asked.fingerprint) {
    throw expectedGot("study/other-study", where, "a study of the same model, data, arms and options", "another one", hint);
  }
  if (!anyFinished) return asked.plan;
  const [before, now] = [found.plan.seeds, asked.plan.seeds];
  const holds = (more: readonly number[], fewer: readonly number[]) => fewer.every((seed) => more.includes(seed));
  if (holds(now, before) || holds(before, now)) return found.plan;
  throw expectedGot("study/other-study", where, `seeds ${before.join(",")}, or more beside them`, now.join(","), hint);
}
