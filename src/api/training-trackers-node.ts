import type { RunEvent, RunLog, RunSpec } from "../runs/index.ts";
import { openTrackers, optionsOfRun, runNameOf, type TrackingSettings, tracked } from "../trackers/index-node.ts";
import { checkpointPlace } from "../training/index-node.ts";
import { VERSION } from "./version.ts";

interface TrainingToTrack extends TrackingSettings {
  readonly data: unknown;
  readonly model?: unknown;
  readonly checkpoints?: string;
  readonly log?: RunLog;
}

/** What tells trackers of a training. */
export interface TrainingTrackers {
  /** What the run that gives the model follows from; before its first event. */
  starts(spec: RunSpec): void;
  /** Takes each event of that run, and hands it on. */
  readonly onEvent: (event: RunEvent) => void;
  /** Do the training, and say how it ended. */
  during: <Result>(
    train: () => Promise<Result | null>,
    figures: (result: Result) => Readonly<Record<string, number | null | undefined>>,
  ) => Promise<Result | null>;
}

/** @param kind - Of the training, `train` or `pretrain`. @throws as `openTrackers`, before anything is read. */
export function trainingTrackers(settings: TrainingToTrack, kind: string, emit: (event: RunEvent) => void): TrainingTrackers {
  const { data, model, checkpoints, log, runName: name = runNameOf(data) } = settings;
  const keptIn = checkpoints === undefined ? undefined : checkpointPlace(checkpoints).folderOf(checkpoints);
  const track = openTrackers(settings, { keptIn, onNote: (text) => emit({ type: "note", text }) });
  let started: RunSpec | undefined;
  const tracking = track(() => ({
    ...{ name, key: kind, log, tags: { crisp: VERSION } },
    options: { ...(typeof model === "string" && { model_name_or_path: model }), ...optionsOfRun(started!) },
  }));
  return {
    starts(spec) {
      started = spec;
    },
    onEvent(event) {
      tracking.follow(event);
      emit(event);
    },
    during: (train, figures) => tracked(tracking, train, figures),
  };
}
