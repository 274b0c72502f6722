import type { EncoderConfig } from "../models/index.ts";
import type { RunWorker } from "../runs/index.ts";

/** What a study needs of the place it runs in. */
export interface StudyEnvironment {
  /** Tells this process from others, for people. */
  readonly name: string;
  /**
   * Read what runs will read of a model folder.
   *
   * @returns `hash` of the config and all weights.
   */
  readModel(path: string): { readonly config: EncoderConfig; readonly hash: string };
  /** @param where - A process each when several run at once. */
  startWorker(where: "thread" | "process"): RunWorker;
  readonly cores: number;
  /** The machine, for the results. */
  readonly machine: Readonly<Record<string, string | number>>;
}
