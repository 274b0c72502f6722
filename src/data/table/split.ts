import { counted, expectedGot } from "../../errors/index.ts";
import { permutation } from "../../random/index.ts";
import { taskOf } from "../../tasks/index.ts";
import { type GroupingOptions, groupByText } from "../groups/text-groups.ts";
import type { Dataset, Example } from "../types.ts";

export interface SplitOptions extends GroupingOptions {
  readonly dataset: Dataset;
  /** Share of the examples to hold out, in (0, 1); default 0.1. */
  readonly fraction?: number;
  readonly seed: number;
}

export interface Split {
  readonly train: Dataset;
  readonly heldOut: Dataset;
  /** Groups of examples that share text, and the size of the largest. */
  readonly groups: { readonly count: number; readonly largest: number };
}

/**
 * Hold out a share of a dataset: seeded, stratified by label, and with examples that share text on one side.
 *
 * Groups (see `groupByText`) are taken in random order as long as no class exceeds `round(fraction · its examples)`. Then
 * those are taken that bring the class counts closer to their targets although one may exceed its own. Examples keep
 * their order and their `index`.
 *
 * Beside labelled examples, unlabelled ones train: they are held out only where they share text with examples that are.
 *
 * What remains: a text shorter than `minWords` words (4) that stands inside texts of several groups may be held out while
 * one of those texts trains.
 *
 * @param options - Dataset, fraction (default 0.1), seed, grouping.
 * @returns Both sides, and what the grouping found.
 * @throws `data/bad-fraction` outside (0, 1); `data/split` when the groups leave nothing to hold out, or there are too few examples.
 * @example
 * const { train, heldOut } = splitDataset({ dataset, seed: 1 });
 */
export function splitDataset({ dataset, fraction = 0.1, seed, ...grouping }: SplitOptions): Split {
  if (!(fraction > 0 && fraction < 1)) {
    throw expectedGot("data/bad-fraction", "splitDataset", "a fraction in (0, 1)", fraction, "0.1 holds out one example of ten.");
  }
  const { examples } = dataset;
  const groupOf = groupByText(examples, grouping);
  const membersOf = new Map<number, number[]>();
  groupOf.forEach((group, at) => {
    if (!membersOf.has(group)) membersOf.set(group, []);
    membersOf.get(group)!.push(at);
  });
  const groups = [...membersOf.values()];
  const largest = groups.reduce((most, group) => Math.max(most, group.length), 0);

  const { hasOneClass, labels } = taskOf(dataset);
  const isLabelled = (example: Example): boolean => labels?.has(example) ?? true;
  const someLabelled = examples.some(isLabelled);
  // Examples of tasks that have no classes to keep in proportion are all of class 0, and all of a dataset without labels.
  const classOf = (at: number): number => {
    if (someLabelled && !isLabelled(examples[at])) return UNLABELLED;
    return hasOneClass ? Math.max(0, examples[at].label) : 0;
  };
  const classCounts = (positions: Iterable<number>): [number, number][] => {
    const counts = new Map<number, number>();
    for (const at of positions) counts.set(classOf(at), (counts.get(classOf(at)) ?? 0) + 1);
    return [...counts];
  };
  const inClasses = classCounts(examples.keys());
  const missing = new Map(inClasses.map(([label, count]) => [label, label === UNLABELLED ? 0 : Math.round(fraction * count)]));
  checkEnough(dataset, fraction, Math.max(0, ...inClasses.map(([label, count]) => (label === UNLABELLED ? 0 : count))));
  const held = new Set<number>();
  const hold = (group: number, counts: [number, number][]): void => {
    held.add(group);
    for (const [label, count] of counts) missing.set(label, missing.get(label)! - count);
  };
  const order = permutation({ seed, step: 0, site: "held-out" }, groups.length);
  for (const group of order) {
    const counts = classCounts(groups[group]);
    if (counts.every(([label, count]) => count <= missing.get(label)!)) hold(group, counts);
  }
  for (const group of order) {
    if (held.has(group)) continue;
    const counts = classCounts(groups[group]);
    const change = counts.reduce(
      (sum, [label, count]) => sum + Math.abs(missing.get(label)! - count) - Math.abs(missing.get(label)!),
      0,
    );
    if (change < 0) hold(group, counts);
  }

  const side = new Uint8Array(examples.length);
  for (const group of held) for (const at of groups[group]) side[at] = 1;
  const part = (which: number, suffix: string): Dataset => ({
    ...dataset,
    name: `${dataset.name} (${suffix})`,
    examples: examples.filter((_, at) => side[at] === which),
  });
  const [train, heldOut] = [part(0, "training"), part(1, "held out")];
  if (train.examples.length === 0 || heldOut.examples.length === 0) {
    throw expectedGot(
      "data/split",
      dataset.name,
      `texts that can be parted, to hold out ${fraction} of ${counted(examples.length, "example")}`,
      `${counted(groups.length, "group")} of shared text, the largest of ${counted(largest, "example")}`,
      "Give a validation file.",
    );
  }
  return { train, heldOut, groups: { count: groups.length, largest } };
}

/** Class of examples without a label, beside labelled ones. */
const UNLABELLED = -1;

/** Of a class with fewer examples than this the share to hold out rounds to none. */
function checkEnough(dataset: Dataset, fraction: number, mostInClass: number): void {
  const least = Math.ceil(0.5 / fraction);
  if (mostInClass >= least) return;
  const inClass = taskOf(dataset).hasOneClass ? " of one class" : "";
  throw expectedGot(
    "data/split",
    dataset.name,
    `at least ${counted(least, "example")}${inClass}, to hold out ${fraction} of them`,
    `${mostInClass}${inClass}`,
    "Add examples, or give a validation file.",
  );
}
