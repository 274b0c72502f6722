import type { RunSpec } from "../runs/index.ts";
import { resolveOptions, snakeCase } from "../training/index.ts";
import type { TrackedRun } from "./tracker.ts";

/** What a tracker shows of a run's settings: the training options by Hugging Face's name, defaults filled in, and what Crisp adds. */
export function optionsOfRun({
  plan,
  task,
  seed,
  device,
  options,
}: Pick<RunSpec, "plan" | "task" | "seed" | "device" | "options">): TrackedRun["options"] {
  const { pattern, layers, heads, rampSteps, core } = plan;
  const all = {
    ...resolveOptions(options),
    ...{ seed, device, problemType: task, attention: pattern, attentionCore: core, sparsityRampSteps: rampSteps },
    ...{ attentionLayers: layers?.join(","), attentionHeads: heads?.join(",") },
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[snakeCase(name), value as string | number]])),
  );
}
