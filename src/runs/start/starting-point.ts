import { type EncoderConfig, initialise, parseEncoderConfig, storedModel, weightsFrom, withLabels } from "../../models/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import type { RunEnvironment } from "../environment/environment.ts";
import type { ModelSource } from "../spec.ts";

/** Weights a run starts from. */
export interface StartingPoint {
  readonly config: EncoderConfig;
  readonly values: ReadonlyMap<string, Float32Array>;
  /** What the model lacked and was drawn afresh; empty where everything was. */
  readonly fresh: readonly string[];
}

/**
 * Read the weights of a model, or draw them, and give it the head of a task.
 *
 * @param seed - Of what is drawn.
 */
export function startingPoint(
  model: ModelSource,
  { labels, task }: { readonly labels: readonly string[]; readonly task: TaskName },
  environment: Pick<RunEnvironment, "loadModel">,
  seed: number,
): StartingPoint {
  if (model.kind === "fresh") {
    const config = withLabels(parseEncoderConfig(model.config), labels, task);
    return { config, values: initialise(config, seed), fresh: [] };
  }
  const stored = model.kind === "files" ? storedModel(model.files) : environment.loadModel(model.path);
  const config = withLabels(stored.config, labels, task);
  const { weights, fresh } = weightsFrom(config, stored, { seed, where: stored.weightsFile });
  return { config, values: weights, fresh };
}
