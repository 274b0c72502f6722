import { expectedGot } from "../../errors/index.ts";
import {
  type EncoderConfig,
  initialise,
  parseEncoderConfig,
  storedModel,
  storedWithFewerLayers,
  weightsFrom,
  withLabels,
} from "../../models/index.ts";
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
 * @param layers - So many of the model's; left out, all. Of a model that is drawn the config says how many there are.
 * @throws `weights/not-finite` for weights that are not numbers; what reading and drawing weights throws.
 */
export function startingPoint(
  model: ModelSource,
  { labels, task }: { readonly labels: readonly string[]; readonly task: TaskName },
  environment: Pick<RunEnvironment, "loadModel">,
  seed: number,
  layers?: number,
): StartingPoint {
  if (model.kind === "fresh") {
    if (layers !== undefined) {
      const hint = "Say in its config how many layers it has.";
      throw expectedGot("training/bad-option", "numHiddenLayers", "a model with weights to start from", "a fresh one", hint);
    }
    const config = withLabels(parseEncoderConfig(model.config), labels, task);
    return { config, values: initialise(config, seed), fresh: [] };
  }
  const whole = model.kind === "files" ? storedModel(model.files) : environment.loadModel(model.path);
  const stored = layers === undefined ? whole : storedWithFewerLayers(whole, layers);
  const config = withLabels(stored.config, labels, task);
  const { weights, fresh } = weightsFrom(config, stored, { seed, where: stored.weightsFile });
  checkNumbers(weights, stored.weightsFile);
  return { config, values: weights, fresh };
}

/** Else the first update would be told as one that diverged, with advice on the learning rate, and a study would count the run. */
function checkNumbers(weights: ReadonlyMap<string, Float32Array>, where: string): void {
  for (const [name, values] of weights) {
    // a loop, as a callback for each of a hundred million values would take a second
    for (let at = 0; at < values.length; at++) {
      if (Number.isFinite(values[at])) continue;
      const got = `${values[at]} in ${name}`;
      throw expectedGot("weights/not-finite", where, "weights that are finite numbers", got, "Take another checkpoint.");
    }
  }
}
