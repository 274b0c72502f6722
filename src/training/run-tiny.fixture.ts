import { createHash } from "node:crypto";
import type { Runtime } from "../runtime/index.ts";
import { checkpointFolder } from "./checkpoints/checkpoint-storage-node.ts";
import { Checkpoints } from "./checkpoints/checkpoints.ts";
import type { TrainingEvent } from "./events.ts";
import { type LoopResult, type LoopSettings, trainLoop } from "./loop.ts";
import { resolveOptions, type TrainingOptions } from "./options.ts";
import type { HostState } from "./step/host-state.ts";
import type { HostTrainStep } from "./step/host-step.ts";
import { type TinyContext, tinyBatches, tinyHostStep, tinyParameters, tinyValues } from "./tiny-task.fixture.ts";

export const surroundings = { runtime: "test 1", threads: 1, cpuFeatures: "" };

/** All that an update changes, as one word: equal exactly when every bit is. */
export function fingerprint(state: HostState): string {
  const hash = createHash("sha256");
  for (const { name, value, m, v } of state.arrays.values()) {
    hash.update(name);
    for (const array of [value, m, v]) if (array) hash.update(array.array);
  }
  return hash.digest("hex");
}

/** What must be equal of two runs; seconds never are. */
export function outcome({ progress: { seconds, ...progress }, best, finished }: LoopResult, state: HostState) {
  return { progress, best, finished, state: fingerprint(state) };
}

export interface TinyRun extends Omit<Partial<LoopSettings<TinyContext>>, "step" | "options" | "evaluate"> {
  readonly runtime: Runtime;
  readonly options?: Partial<TrainingOptions>;
  readonly dropout?: number;
  /** Checkpoints go there, and are resumed from there. */
  readonly folder?: string;
  /** Told before a checkpoint is written. */
  readonly onSaving?: () => void;
  /** Numbers of a further, frozen parameter, that make checkpoints larger. */
  readonly ballast?: number;
  readonly onEvent?: (event: TrainingEvent, step: HostTrainStep<TinyContext>) => void;
  readonly evaluate?: (step: HostTrainStep<TinyContext>) => Promise<{ metrics: Record<string, number>; score: number }>;
}

/** Train the tiny network, by default 20 examples in 5 batches, 3 epochs. */
export async function runTiny(run: TinyRun) {
  const { runtime, options: given, dropout = 0.2, folder, onSaving, ballast = 0, onEvent, evaluate, ...settings } = run;
  const options = resolveOptions({ learningRate: 0.02, ...given });
  const step = await tinyHostStep(runtime, {
    dropout,
    parameters: [...tinyParameters, { name: "ballast", shape: [ballast], decay: false, trainable: false }],
    values: tinyValues().set("ballast", new Float32Array(ballast).fill(1)),
  });
  const checkpoints =
    folder === undefined
      ? undefined
      : new Checkpoints({
          storage: checkpointFolder(folder),
          state: step.state,
          run: { dropout },
          surroundings,
          limit: options.saveTotalLimit,
        });
  const loop = trainLoop<TinyContext>({
    step,
    batches: tinyBatches({ examples: 20, batchSize: 4 }),
    options,
    seed: 3,
    saver: checkpoints && {
      save(progress, best) {
        onSaving?.();
        return checkpoints.save(progress, best);
      },
    },
    resume: await checkpoints?.resume(),
    evaluate: evaluate && (() => evaluate(step)),
    ...settings,
  });
  const events: TrainingEvent[] = [];
  for (;;) {
    const { done, value } = await loop.next();
    if (done) return { events, result: value, state: step.state, outcome: outcome(value, step.state) };
    events.push(value);
    onEvent?.(value, step);
  }
}

export const ofType = <Type extends TrainingEvent["type"]>(events: readonly TrainingEvent[], type: Type) =>
  events.filter((event): event is Extract<TrainingEvent, { type: Type }> => event.type === type);
