import type { Dataset } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { DEFAULT_TASK, taskOf } from "../tasks/index.ts";

/** The rows whose labels can be judged. */
export interface JudgedRows {
  /** These rows, and their classes in the order of all. */
  readonly dataset: Dataset;
  /** Where each of them stands among all rows. */
  readonly places: readonly number[];
  /** Rows of each class of the whole data. */
  readonly counts: readonly number[];
}

/**
 * Leave out the classes of fewer rows than folds: some fold would have none of them, and a mean over few rows says little.
 *
 * @param dataset - Every example has a class.
 * @throws `audit/bad-data` for other tasks, and where fewer than two classes are left.
 */
export function judgedRows(dataset: Dataset, folds: number): JudgedRows {
  const { task = DEFAULT_TASK, name, labels, examples } = dataset;
  const rule = "labels of one class each";
  if (!taskOf(dataset).hasOneClass) throw expectedGot("audit/bad-data", name, rule, `labels of ${task}`);
  const counts = new Array<number>(labels.length).fill(0);
  for (const { label } of examples) counts[label]++;
  const kept = labels.filter((_, at) => counts[at] >= folds);
  if (kept.length < 2) {
    const got = labels.slice(0, 10).map((label, at) => `${label} ${counts[at]}`);
    const hint = "Label more rows, or take fewer folds.";
    throw expectedGot(
      "audit/bad-data",
      name,
      `two classes of ${folds} rows at least, one a fold`,
      got.join(", ") || "none",
      hint,
    );
  }
  const classOf = labels.map((label) => kept.indexOf(label));
  const places = examples.flatMap(({ label }, at) => (classOf[label] >= 0 ? [at] : []));
  const own = places.map((at) => ({ ...examples[at], label: classOf[examples[at].label] }));
  return { dataset: { ...dataset, labels: kept, examples: own }, places, counts };
}
