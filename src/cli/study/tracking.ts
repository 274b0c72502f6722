import { join } from "node:path";
import { VERSION } from "../../api/index.ts";
import type { RunKey, StoredRun, StudyDefinition, StudyEvent } from "../../studies/index.ts";
import { openTrackers, optionsOfRun, type RunTracking } from "../../trackers/index-node.ts";
import { EVENT_FILES } from "../read-options.ts";
import type { StudyContext } from "./options.ts";

/** Tells trackers of each run of a study. */
export interface StudyTracking {
  /** A listener that hears what another one hears. */
  with(listener: (event: StudyEvent) => void): (event: StudyEvent) => void;
  /** Runs that have not finished were stopped; resolves when the trackers know of all. */
  readonly end: () => Promise<void>;
}

/** @param folder - Of the study, keeps what the trackers call its runs. @throws as `openTrackers`. */
export function studyTracking(
  { options, output }: Pick<StudyContext, "options" | "output">,
  definition: StudyDefinition,
  folder: string,
): StudyTracking {
  const { reportTo, loggingDir = join(folder, EVENT_FILES), overwriteOutputDir } = options;
  const track = openTrackers({ reportTo, loggingDir }, { keptIn: folder, onNote: (text) => output.note(text) });
  const open = new Map<string, RunTracking>();
  const ended: Promise<void>[] = [];
  const begin = ({ arm, seed }: RunKey): RunTracking => {
    const { plan, options: own } = definition.arms.find(({ name }) => name === arm)!;
    const name = nameOf({ arm, seed });
    const run = { plan, seed, task: undefined, device: options.device, options: { ...definition.options, ...own } };
    return track(() => ({
      ...{ name, group: definition.study, continues: !overwriteOutputDir, options: optionsOfRun(run) },
      tags: { crisp: VERSION, study: definition.study, arm, seed: `${seed}` },
    }));
  };
  return {
    with: (listener) => (event) => {
      listener(event);
      if (event.type === "opened") return;
      const key = nameOf(event.type === "run" ? event : event.run.record);
      if (event.type === "run") {
        const tracking = open.get(key) ?? begin(event);
        open.set(key, tracking);
        tracking.follow(event.event);
      } else {
        const finished = open.get(key)?.finish("finished", figuresOf(event.run));
        if (finished) ended.push(finished);
        open.delete(key);
      }
    },
    async end() {
      await Promise.all([...ended, ...[...open.values()].map((tracking) => tracking.finish("stopped"))]);
    },
  };
}

const nameOf = ({ arm, seed }: RunKey): string => `${arm} seed ${seed}`;

/** Of the reported split. */
function figuresOf({ record, figures }: StoredRun): Readonly<Record<string, number | null>> {
  const { effectiveSparsity, trainLoss, seconds } = record;
  return { ...figures.figures, loss: figures.loss, effectiveSparsity, trainLoss, seconds };
}
