import { expectedGot } from "../../errors/index.ts";
import { DEFAULT_TASK, type TaskLabels, type TaskName, tasks } from "../../tasks/index.ts";

/**
 * How the labels of a data set are read and checked.
 *
 * @throws `data/columns` for a task that has no labels.
 */
export function labelsOf(task: TaskName = DEFAULT_TASK): TaskLabels {
  const { labels } = tasks[task];
  if (labels) return labels;
  throw expectedGot("data/columns", "task", "a task that learns from labels", task, "Use crisp pretrain for text alone.");
}

/** A data set names its task only where it is another than everybody expects. */
export const optionalTask = (task: TaskName): { readonly task?: TaskName } => (task === DEFAULT_TASK ? {} : { task });
