import type { Dataset } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { DEFAULT_TASK, tasks } from "../tasks/index.ts";

/**
 * Factors of the classes in the loss.
 *
 * @param given - One number a class; or `balanced`: N / (C · n_c), as scikit-learn has it, with n_c the training examples (tokens) of
 *   class c; in a multi-label task the negatives per positive, (N − n_c) / n_c. N counts examples with a label.
 * @param counted - Examples of each class (tokens of each), and labelled examples in all, where they are known otherwise.
 * @throws `training/class-weights` for a wrong number of them, for one that is not above 0, and in a regression.
 * @example
 * classWeightsOf("balanced", train); // [0.67, 2]: three quarters of the examples are of class 0
 */
export function classWeightsOf(
  given: "balanced" | readonly number[],
  { name, labels, examples, task = DEFAULT_TASK }: Dataset,
  counted?: { readonly counts: readonly number[]; readonly rows: number },
): number[] {
  const { balancedWeights, has } = tasks[task].labels ?? {};
  if (!balancedWeights || !has)
    throw expectedGot("training/class-weights", name, "classes", `${task}, which has none`, "Leave the class weights out.");
  if (given !== "balanced") {
    if (given.length === labels.length && given.every((weight) => weight > 0 && weight < Infinity)) return [...given];
    const rule = `${labels.length} numbers above 0, for ${labels.slice(0, 10).join(", ")}`;
    throw expectedGot("training/class-weights", name, rule, given.join(", "));
  }
  const { counts, rows } = counted ?? countsOf(labels.length, examples.filter(has));
  const missing = counts.indexOf(0);
  if (missing >= 0) {
    const hint = "A class without examples has no balanced weight.";
    throw expectedGot("training/class-weights", name, `examples of "${labels[missing]}"`, "none", hint);
  }
  return balancedWeights(counts, rows);
}

/** @param examples - Those with a label: of others nothing is known, nor that a class does not hold. */
function countsOf(classes: number, examples: Dataset["examples"]): { readonly counts: number[]; readonly rows: number } {
  const counts = Array<number>(classes).fill(0);
  for (const { label, labels } of examples) for (const c of labels ?? [label]) if (c >= 0) counts[c]++;
  return { counts, rows: examples.length };
}
