import { basename, resolve } from "node:path";
import type { LogEvent, RunEvent, RunLog } from "../runs/index.ts";
import { keepId, keptIds } from "./kept-ids-node.ts";
import { named, pointOf } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import type { Environment, Point, RunStatus, TrackedRun } from "./tracker.ts";
import { chosenTrackers, trackers } from "./trackers-node.ts";

/** Settings of a training that its trackers read; Hugging Face's names in camelCase. */
export interface TrackingSettings {
  /** `tensorboard`, `mlflow`, `trackio`, several of them, or `all` that are set up here; default none. See docs/tracking.md. */
  readonly reportTo?: string | readonly string[];
  /** Folder for TensorBoard's event files, one for each run in it; default `tensorboard`. */
  readonly loggingDir?: string;
  /** What trackers call the run; default the name of the data. */
  readonly runName?: string;
}

export interface TrackingPlace {
  /** Folder that keeps what trackers call the runs, so that they can be continued; left out, each is a new one. */
  readonly keptIn?: string;
  readonly onNote: (text: string) => void;
  /** Default `process.env`. */
  readonly env?: Environment;
}

/** Tells trackers of one run. */
export interface RunTracking {
  /** Each event as it comes. Never throws, and nobody waits for a tracker. */
  follow(event: RunEvent): void;
  /**
   * The run has ended; resolves when the trackers know it, or when trying is over.
   *
   * @param figures - Its final metrics by name in camelCase, e.g. `macroF1`, logged as `final/macro_f1`.
   */
  finish(status: RunStatus, figures?: Readonly<Record<string, number | null | undefined>>): Promise<void>;
}

export interface RunToTrack extends TrackedRun {
  /** Names it in the kept file; default its name. */
  readonly key?: string;
  /** Continue the tracker's run even where no checkpoint is continued. */
  readonly continues?: boolean;
  /** Has what trackers may have missed before a run is continued. */
  readonly log?: RunLog;
}

/**
 * Open the trackers of a command, checking what they are told before anything is trained.
 *
 * @returns What tells them of a run; `describe` is called when the run starts.
 * @throws `training/bad-option`; `tracker/…` for settings that cannot work. A server that does not answer is no error.
 * @example
 * const track = openTrackers({ reportTo: "tensorboard" }, { onNote: console.error });
 * const tracking = track(() => ({ name: "tickets", options: {}, tags: {} }));
 */
export function openTrackers(
  { reportTo, loggingDir = "tensorboard" }: TrackingSettings,
  { keptIn, onNote, env = process.env }: TrackingPlace,
): (describe: () => RunToTrack) => RunTracking {
  const names = chosenTrackers(reportTo, env);
  const open = (name: string) => trackers[name].open({ env, loggingDir });
  for (const name of names) open(name);
  return (describe) => {
    let outboxes: readonly Outbox[] = [];
    let last = 0;
    const begin = (resumedAt: number): void => {
      const run = describe();
      const { key = run.name, continues = resumedAt > 0, log } = run;
      const kept = continues && keptIn !== undefined ? quietly(() => keptIds(keptIn, key), {}, onNote) : {};
      const earlier = log && resumedAt > 0 ? pointsOf(log, resumedAt).catch(() => []) : undefined;
      outboxes = names.map((name) => {
        const onBegun = (id: string): void => {
          if (keptIn !== undefined && kept[name] !== id) quietly(() => keepId(keptIn, key, name, id), undefined, onNote);
        };
        return new Outbox({ name, tracker: open(name), run, kept: kept[name], earlier, onBegun, onNote });
      });
    };
    const tell = (point: Point): void => {
      last = Math.max(last, point.step);
      for (const outbox of outboxes) outbox.add(point);
    };
    return {
      follow(event) {
        if (event.type === "started" && outboxes.length === 0) {
          last = event.resumedAt;
          begin(event.resumedAt);
        }
        const point = pointOf(event, Date.now());
        if (point) tell(point);
      },
      async finish(status, figures = {}) {
        const metrics = named("final", figures);
        if (Object.keys(metrics).length > 0) tell({ step: last, time: Date.now(), metrics });
        await Promise.all(outboxes.map((outbox) => outbox.finish(status)));
        outboxes = [];
      },
    };
  };
}

/**
 * Do a training and tell its trackers how it ended.
 *
 * @param figures - Of its result.
 */
export async function tracked<Result>(
  tracking: RunTracking,
  train: () => Promise<Result | null>,
  figures: (result: Result) => Readonly<Record<string, number | null | undefined>>,
): Promise<Result | null> {
  try {
    const result = await train();
    await (result === null ? tracking.finish("stopped") : tracking.finish("finished", figures(result)));
    return result;
  } catch (error) {
    await tracking.finish("failed");
    throw error;
  }
}

/** The name of a run that nobody named, by its data. */
export const runNameOf = (data: unknown): string =>
  typeof data === "string" ? basename(resolve(data)).replace(/\.(gz|csv|tsv|jsonl?|txt|parquet)\b.*$/, "") : "crisp";

/** What a log has of the updates before a checkpoint. */
async function pointsOf(log: RunLog, resumedAt: number): Promise<readonly Point[]> {
  const points: Point[] = [];
  for await (const event of log.read()) {
    const point = pointOf(event as LogEvent as RunEvent, Date.parse(event.time));
    if (point && point.step <= resumedAt) points.push(point);
  }
  return points;
}

/** No file of a tracker may cost the training. */
function quietly<Value>(act: () => Value, otherwise: Value, onNote: (text: string) => void): Value {
  try {
    return act();
  } catch (error) {
    onNote((error as Error).message);
    return otherwise;
  }
}
