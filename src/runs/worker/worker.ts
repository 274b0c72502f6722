import type { RunData, RunEvent, RunResult, RunSpec, RunSpecByHash } from "../spec.ts";

export interface RunListener {
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
}

/** A place where runs are trained, one after another, off the caller's thread. */
export interface RunWorker {
  /**
   * Give it data once, for all runs that name their hash.
   *
   * @param hash - See `hashOfData`.
   */
  hold(hash: string, data: RunData): void;
  /**
   * @returns The result; null when the signal stopped the run, after its checkpoint.
   * @throws What the run threw; `run/lost` when the worker itself died; `run/no-data` for a hash it does not hold.
   */
  run(spec: RunSpec | RunSpecByHash, options?: RunListener): Promise<RunResult | null>;
  close(): Promise<void>;
}
