import { expectedGot } from "../../errors/index.ts";
import type { Dataset, Example } from "../types.ts";
import { sortLabels } from "./dataset.ts";
import { labelsOf } from "./labels-of.ts";

/**
 * Several files of one kind, such as the shards of a data set, as one; `index` counts on over all of them.
 *
 * @throws `data/empty` for none; `data/columns` when their tasks differ.
 * @example
 * joinDatasets([await loadDataset("train-0.parquet"), await loadDataset("train-1.parquet")]);
 */
export function joinDatasets(parts: readonly Dataset[]): Dataset {
  if (parts.length === 0) throw expectedGot("data/empty", "joinDatasets", "at least one file", "none");
  const [first] = parts;
  if (parts.length === 1) return first;
  const other = parts.find(({ task }) => task !== first.task);
  if (other)
    throw expectedGot("data/columns", other.name, `labels as in ${first.name}`, `those of a ${other.task ?? "classification"}`);
  const same = parts.every(({ labels }) => labels.join("\n") === first.labels.join("\n"));
  const labels = same ? first.labels : sortLabels(parts.flatMap((part) => part.labels));
  const { areClasses } = labelsOf(first.task);
  let before = 0;
  const examples = parts.flatMap((part) => {
    const classOf = (label: number): number => (same || label < 0 ? label : labels.indexOf(part.labels[label]));
    const moved = part.examples.map(
      (example, at): Example => ({
        ...example,
        index: before + at,
        label: areClasses ? classOf(example.label) : example.label,
        ...(example.labels && { labels: example.labels.map(classOf) }),
      }),
    );
    before += part.examples.length;
    return moved;
  });
  return { ...first, name: `${first.name} and ${parts.length - 1} more`, labels, examples };
}
