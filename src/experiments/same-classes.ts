import type { Dataset } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";

/**
 * A dataset with its labels in the order of the training split's, so that class 1 means the same in both.
 *
 * @param labels - Of the training split.
 * @throws `data/empty` without examples, `data/columns` for an example without a label, `data/unknown-label` for one that training
 *   has not seen.
 * @example
 * sameClasses({ name: "test", labels: ["pos", "neg"], examples: [{ index: 0, text: "fine", label: 0 }] }, ["neg", "pos"]); // label 1
 */
export function sameClasses(dataset: Dataset, labels: readonly string[]): Dataset {
  const { name, examples } = dataset;
  if (examples.length === 0) throw expectedGot("data/empty", name, "at least one example", "none");
  if (examples.some(({ label }) => label < 0))
    throw expectedGot("data/columns", name, "labelled examples", "some without a label");
  if (dataset.labels.join("\n") === labels.join("\n")) return dataset;
  const classes = dataset.labels.map((label) => labels.indexOf(label));
  const unknown = examples.find(({ label }) => !(classes[label] >= 0));
  if (unknown) {
    const got = `"${dataset.labels[unknown.label]}"`;
    throw expectedGot("data/unknown-label", name, `labels seen in training (${labels.join(", ")})`, got);
  }
  return { ...dataset, labels, examples: examples.map((example) => ({ ...example, label: classes[example.label] })) };
}
