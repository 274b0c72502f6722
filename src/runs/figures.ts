import type { Encoded } from "../data/index.ts";
import { DEFAULT_TASK, type FigureRules, type TaskFigures, type TaskName, tasks } from "../tasks/index.ts";
import type { Evaluated } from "./forward.ts";
import type { RunSpec } from "./spec.ts";

/** How a task is evaluated. */
export interface TaskRules extends FigureRules {
  readonly task: TaskName;
}

/** How a run is evaluated. */
export const rulesOf = ({ task = DEFAULT_TASK, labels, glue }: Pick<RunSpec, "task" | "labels" | "glue">): TaskRules => ({
  task,
  labels,
  glue,
});

/** Loss and metrics of what a model said of examples; of a task without outputs, the loss alone. */
export function taskFigures(
  { task, ...rules }: TaskRules,
  { probabilities, loss }: Pick<Evaluated, "probabilities" | "loss">,
  examples: readonly Encoded[],
): TaskFigures {
  const { outputs } = tasks[task];
  if (outputs) return outputs.figures(rules, probabilities, examples);
  return { loss: loss!, figures: {}, primary: "loss", score: -loss! };
}
