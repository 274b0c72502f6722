/** How a study stands: what `crisp status` shows, wherever its runs live. */
export interface StudyStatus {
  readonly study: string;
  /** ISO 8601; absent where a store does not keep it. */
  readonly begun?: string;
  /** Numbers of runs; `failed` ones failed too often to be tried again by themselves. */
  readonly done: number;
  readonly running: number;
  readonly waiting: number;
  readonly failed: number;
  readonly workers: readonly WorkerStatus[];
  /** Runs whose last try failed, with what was thrown. */
  readonly failures: readonly {
    readonly arm: string;
    readonly seed: number;
    readonly attempts: number;
    readonly error: string;
  }[];
  /** As long as the finished runs took, by those who work now; null where none is finished or nobody works. */
  readonly secondsLeft: number | null;
}

/** A run under way, and who does it. */
export interface WorkerStatus {
  readonly worker: string;
  readonly arm: string;
  readonly seed: number;
  /** Since it took the run. */
  readonly seconds: number;
  /** Since its last sign of life. */
  readonly silentSeconds: number;
}

/**
 * How long the runs that are left will take.
 *
 * @param meanSeconds - Of a finished run; null where there is none.
 * @param waiting - Runs that nobody has begun.
 */
export function secondsLeft(
  meanSeconds: number | null,
  waiting: number,
  workers: readonly Pick<WorkerStatus, "seconds">[],
): number | null {
  if (meanSeconds === null || workers.length === 0) return waiting + workers.length === 0 ? 0 : null;
  const begun = workers.reduce((sum, { seconds }) => sum + Math.max(0, meanSeconds - seconds), 0);
  return (waiting * meanSeconds + begun) / workers.length;
}
