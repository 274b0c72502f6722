import { expectedGot } from "../../errors/index.ts";
import { DEFAULT_TASK } from "../../tasks/index.ts";
import type { Dataset } from "../types.ts";
import { labelsOf } from "./labels-of.ts";

/**
 * A dataset with its labels in the order of the training split's, so that class 1 means the same in both.
 *
 * @param labels - Of the training split.
 * @param wanted - Task of the training split; default one class each.
 * @throws `data/empty` without examples, `data/columns` for an example without a label, `data/unknown-label` for one that training
 *   has not seen; `data/columns` also for labels of another task.
 * @example
 * sameClasses({ name: "test", labels: ["pos", "neg"], examples: [{ index: 0, text: "fine", label: 0 }] }, ["neg", "pos"]); // label 1
 */
export function sameClasses(dataset: Dataset, labels: readonly string[], wanted: Dataset["task"] = DEFAULT_TASK): Dataset {
  const { name, examples } = dataset;
  if (examples.length === 0) throw expectedGot("data/empty", name, "at least one example", "none");
  const { task = DEFAULT_TASK } = dataset;
  if (task !== wanted) throw expectedGot("data/columns", name, `labels of ${wanted}, as in training`, task);
  const { has, areClasses } = labelsOf(task);
  if (!examples.every(has)) throw expectedGot("data/columns", name, "labelled examples", "some without a label");
  if (!areClasses || dataset.labels.join("\n") === labels.join("\n")) return { ...dataset, labels };
  const classes = dataset.labels.map((label) => labels.indexOf(label));
  const classOf = (label: number): number => {
    if (label < 0) return -1;
    if (classes[label] >= 0) return classes[label];
    const rule = `labels seen in training (${labels.join(", ")})`;
    throw expectedGot("data/unknown-label", name, rule, `"${dataset.labels[label]}"`);
  };
  const renamed = examples.map((example) => ({
    ...example,
    label: classOf(example.label),
    ...(example.labels && { labels: example.labels.map(classOf) }),
  }));
  return { ...dataset, labels, examples: renamed };
}
