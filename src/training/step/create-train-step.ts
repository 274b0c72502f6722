import { DeviceTrainStep } from "./device-step.ts";
import { HostTrainStep } from "./host-step.ts";
import type { StepContext, TrainingGraph, TrainStep, TrainStepOptions } from "./train-step.ts";

/**
 * Differentiate a loss and make it ready to run: with tensors in host memory, or, where the runtime has memory of its own, there.
 *
 * @throws `graph/…`, `training/row-gradient`, `training/bad-weights`, `kernels/out-of-memory`.
 * @example
 * const step = await createTrainStep(graph, { runtime, parameters, values, largest: [{ B: 32, n: 128 }] });
 * const loss = await step.run([context], { seed: 1, step: 0 });
 */
export function createTrainStep<Context extends StepContext>(
  graph: TrainingGraph<Context>,
  options: TrainStepOptions,
): Promise<TrainStep<Context>> {
  const { memory } = options.runtime;
  return memory ? DeviceTrainStep.create(graph, { ...options, memory }) : HostTrainStep.create(graph, options);
}
