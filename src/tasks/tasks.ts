import { contrastive } from "./contrastive.ts";
import { embedding } from "./embedding.ts";
import { maskedLm } from "./masked-lm.ts";
import { multiLabel } from "./multi-label.ts";
import { regression } from "./regression.ts";
import { singleLabel } from "./single-label.ts";
import type { HeadFacts, Task } from "./task.ts";
import { tokenClassification } from "./token-classification.ts";

// Asked in this order what a table or a config.json means: the most particular first.
const registry = {
  token_classification: tokenClassification,
  masked_lm: maskedLm,
  contrastive,
  multi_label_classification: multiLabel,
  regression,
  embedding,
  single_label_classification: singleLabel,
};

/** The name of a task: transformers' `problem_type`, or the task of its class. */
export type TaskName = keyof typeof registry;

/** Every task by its name. */
export const tasks: Readonly<Record<TaskName, Task>> = registry;

/** What labels mean where nobody says otherwise. */
export const DEFAULT_TASK: TaskName = "single_label_classification";

export const taskNames = Object.keys(registry) as TaskName[];

/** Names of the tasks that learn from labels. */
export const labelledTasks = taskNames.filter((name) => tasks[name].labels !== null);

/** The record of something that may name its task, e.g. a data set. */
export const taskOf = ({ task = DEFAULT_TASK }: { readonly task?: TaskName }): Task => tasks[task];

/**
 * What the labels of a table are, as far as the cells of its first labelled row say.
 *
 * @param label - Its label cell; undefined where there is no column of labels.
 */
export const guessTask = (label: unknown, text: unknown): TaskName =>
  labelledTasks.find((name) => tasks[name].labels!.looksLike(label, text)) ?? DEFAULT_TASK;

/** Whether a text is the name of a task that config.json gives as `problem_type`. */
export const isProblemType = (text: unknown): text is TaskName =>
  typeof text === "string" && Object.hasOwn(tasks, text) && tasks[text as TaskName].head.isProblemType;

/** The task that a config.json means: its `problem_type`, else by the class that wrote it and the number of outputs. */
export function taskOfHead(facts: HeadFacts): TaskName {
  if (isProblemType(facts.problemType)) return facts.problemType;
  return taskNames.find((name) => tasks[name].head.fits(facts)) ?? DEFAULT_TASK;
}

/** Whether config.json names the outputs of a task. */
export const namesOutputs = (name: TaskName): boolean => {
  const { labels } = tasks[name];
  return labels !== null && (labels.areClasses || labels.outputNames !== undefined);
};

/** Names of the tasks that are a `problem_type`. */
export const problemTypes = taskNames.filter(isProblemType);
