import { expectedGot } from "../../errors/index.ts";
import type { RunLog, RunResult } from "../../runs/index.ts";
import type { StudyDefinition } from "../definition.ts";

/** Names a run of a study. */
export interface RunKey {
  readonly arm: string;
  readonly seed: number;
}

/** A run of a study. */
export interface StudyRun extends RunKey {
  /** See `runId`. */
  readonly id: string;
}

/** What is kept of a finished run. */
export type StoredRun = Omit<RunResult, "weights"> & {
  /** The study that did the run, where this one took its result over; left out, it did the run itself. */
  readonly takenFrom?: string;
};

/** What is fixed before the first run is finished: verdicts hold for no other. */
export interface StudyPlan {
  readonly seeds: readonly number[];
  /** Numbers of seeds at which results are judged. */
  readonly looks: readonly number[];
  readonly claims: readonly string[];
}

/** What a store is told of a study; plain data. */
export interface StudyHeader {
  readonly study: string;
  readonly corpus: string;
  /** All runs in their order. Seeds vary slowest: whenever a study stops, the seeds so far are whole. */
  readonly runs: readonly StudyRun[];
  /** As asked for now; `open` says what holds. Its seeds are those to be run. */
  readonly plan: StudyPlan;
  readonly options: StudyDefinition["options"];
  readonly command: string;
}

/** Runs of a study. */
export type AskedRuns = Pick<StudyHeader, "study" | "runs">;

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
   * @throws `study/other-study` when it holds a run of the same name that followed from something else, or other seeds; then nothing
   *   is changed. Arms that are new are welcome.
   */
  open(header: StudyHeader): Promise<StudyPlan>;
  /**
   * Take the first run, in the order of the header, that is neither finished nor taken.
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
  /** Whether others work on runs of the header, which can be had when they are given up. */
  othersAtWork(): Promise<boolean>;
  /**
   * Give a run back, unfinished: it can be taken again, and continues from its checkpoint.
   *
   * @param failure - What was thrown, where it ended so.
   */
  release(run: StudyRun, worker: string, failure?: string): Promise<void>;
  /**
   * Keep the result, whole or not at all; the run's checkpoints have served.
   *
   * @returns False when the run is no longer this worker's, or finished already; then nothing is changed.
   */
  finish(run: StudyRun, worker: string, result: StoredRun): Promise<boolean>;
  /** Name of the run's checkpoints, as `RunEnvironment.openCheckpoints` takes it. */
  checkpoints(run: StudyRun): string;
  log(run: StudyRun): RunLog;
  /**
   * Finished runs among those that are asked for, in their order, whoever finished them and when.
   *
   * @param of - What is read without being opened: of its study, runs of the same name and another id are left out. Default the header
   *   of `open`.
   * @throws `study/corrupt` for one that is not what was kept.
   */
  finished(of?: AskedRuns): Promise<readonly StoredRun[]>;
  /** Leave the study to others. */
  close(): Promise<void>;
}

/** Names a run in files and tables; `checkStudy` keeps arms to letters that a file name may have. */
export const runName = ({ arm, seed }: RunKey): string => `${arm}.seed-${seed}`;

/** What a store remembers of a study: its plan, and the id of every run that it was ever asked for, by `runName`. */
export interface KeptStudy {
  readonly plan: StudyPlan;
  readonly ids: Readonly<Record<string, string>>;
}

/** The ids of a header's runs, by name. */
export const idsOf = ({ runs }: Pick<StudyHeader, "runs">): Record<string, string> =>
  Object.fromEntries(runs.map((run) => [runName(run), run.id]));

/**
 * What holds when a study is gone on with.
 *
 * As long as no run is finished the plan may change; afterwards more seeds and more arms add runs, but no verdict that was not planned.
 *
 * @param where - The store, for messages.
 * @param hint - What to do where it does not.
 * @throws `study/other-study`.
 */
export function settleStudy(
  where: string,
  found: KeptStudy,
  { plan, runs }: Pick<StudyHeader, "plan" | "runs">,
  anyFinished: boolean,
  hint = "Give another --output_dir, or --overwrite_output_dir to start afresh.",
): KeptStudy {
  for (const run of runs) {
    const before = found.ids[runName(run)];
    if (before === undefined || before === run.id) continue;
    const rule = `${runName(run)} of the same model, tokenizer, data, arm and options`;
    throw expectedGot("study/other-study", where, rule, "another one", hint);
  }
  const ids = { ...found.ids, ...idsOf({ runs }) };
  if (!anyFinished) return { plan, ids };
  const [before, now] = [found.plan.seeds, plan.seeds];
  const holds = (more: readonly number[], fewer: readonly number[]) => fewer.every((seed) => more.includes(seed));
  if (holds(now, before) || holds(before, now)) return { plan: found.plan, ids };
  throw expectedGot("study/other-study", where, `seeds ${before.join(",")}, or more beside them`, now.join(","), hint);
}
