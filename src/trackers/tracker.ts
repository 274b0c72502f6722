/** A run, as a tracker shows it. */
export interface TrackedRun {
  readonly name: string;
  /** The study that it is a run of. */
  readonly group?: string;
  /** Of the training, by Hugging Face's name: `learning_rate`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** What was measured after an update, by name: `train/loss`. */
export interface Point {
  /** Updates done. */
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export type RunStatus = "finished" | "failed" | "stopped";

export interface BegunRun {
  /** What the tracker calls the run: whoever continues it gives this to `begin`. */
  readonly id: string;
  /** Last step that the tracker has of each metric; empty for a new run, and where the tracker itself takes nothing twice. */
  readonly logged: ReadonlyMap<string, number>;
}

/**
 * One run's place in a program that shows runs.
 *
 * Each method may throw, and is then called again with the same arguments: what it did before it threw must not be there twice.
 */
export interface Tracker {
  /** @param kept - Id of the run that is continued; one that the tracker has no longer is begun anew. */
  begin(run: TrackedRun, kept?: string): Promise<BegunRun>;
  /** Points in the order of their steps, after `begin`. */
  log(points: readonly Point[]): Promise<void>;
  /** The final metrics were logged before. */
  finish(status: RunStatus): Promise<void>;
}

/** The variables that say where a tracker is, `process.env` outside of tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface TrackerSettings {
  readonly env: Environment;
  /** For files, a folder for each run in it. */
  readonly loggingDir: string;
}

/** A kind of tracker: shared code knows no more of it than this. */
export interface TrackerKind {
  /** Whether `all` takes it: it needs nothing, or is told where its server is. */
  isSetUp(env: Environment): boolean;
  /** @throws What is wrong with the settings; it asks no server. */
  open(settings: TrackerSettings): Tracker;
}
