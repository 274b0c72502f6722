import { expectedGot } from "../errors/index.ts";
import { labelledTasks, taskOf } from "../tasks/index.ts";
import type { Dataset, Example } from "./types.ts";

/**
 * Refuse examples in memory that no file could have given: a text or a label of another kind, or a label that the data set has no name for.
 *
 * @throws `data/bad-dataset`, naming the first that is wrong.
 * @example
 * checkDataset({ name: "tickets", labels: ["no", "yes"], examples: [{ index: 0, text: "refund?", label: 2 }] }); // throws
 */
export function checkDataset(dataset: Dataset): void {
  const { name, labels, examples } = dataset;
  const refuse = (where: string, rule: string, got: unknown): never => {
    throw expectedGot("data/bad-dataset", `${typeof name === "string" ? name : "data"}, ${where}`, rule, got);
  };
  if (typeof name !== "string") refuse("name", "a short name, for messages", name);
  if (!isListOf(labels, "string")) refuse("labels", "a list of names", labels);
  if (!Array.isArray(examples)) refuse("examples", "a list of examples", examples);
  const { task } = dataset;
  if (task !== undefined && !labelledTasks.includes(task)) refuse("task", `one of ${labelledTasks.join(", ")}`, task);
  const { labels: rules, perToken } = taskOf(dataset);
  const last = labels.length - 1;
  const isClass = (label: unknown): boolean => Number.isInteger(label) && (label as number) >= 0 && (label as number) <= last;
  const isLabel = (label: unknown): boolean =>
    rules?.areClasses ? label === -1 || isClass(label) : typeof label === "number" && Math.abs(label) !== Infinity;
  const ofLabel = rules?.areClasses ? `a class from 0 to ${last}, or -1 without one` : "a number, NaN without one";
  examples.forEach((example: Example | undefined, at) => {
    if (typeof example?.text !== "string") refuse(`examples[${at}].text`, "a text", example?.text);
    const { index, pair, label, labels: several, words } = example!;
    if (!Number.isSafeInteger(index)) refuse(`examples[${at}].index`, "a whole number, the row it comes from", index);
    if (pair !== undefined && typeof pair !== "string") refuse(`examples[${at}].pair`, "a text", pair);
    if (!isLabel(label)) refuse(`examples[${at}].label`, ofLabel, label);
    if (several !== undefined && !(Array.isArray(several) && several.every((one) => (perToken && one === -1) || isClass(one))))
      refuse(`examples[${at}].labels`, `classes from 0 to ${last}`, several);
    if (words !== undefined && !isListOf(words, "string")) refuse(`examples[${at}].words`, "a list of words", words);
  });
}

const isListOf = (value: unknown, type: string): boolean => Array.isArray(value) && value.every((part) => typeof part === type);
