import type { Encoded } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { permutation, uniform } from "../../random/index.ts";

/** Which of the training examples a run is trained on, and how many of them with a wrong label. */
export interface TrainingDraw {
  /** Examples; left out, all. */
  readonly rows?: number;
  /** Share of examples whose label is another one, in [0, 1); default 0. */
  readonly labelNoise?: number;
}

/**
 * Draw training examples of one class each.
 *
 * - **Stratified**: of each class, the share that it has of all, to within one example.
 * - **Nested**: with one seed, a smaller draw is a part of every larger one, and a lower rate of noise changes labels that a higher one
 *   changes too.
 * - **Redrawn** with each seed, and equal for all arms, which share their seeds.
 *
 * A noisy label is any of the others, equally likely.
 *
 * @param all - Labelled by class.
 * @param classes - Number of classes.
 * @returns In the order of `all`.
 * @throws `data/bad-draw` for more rows than there are, or a rate outside [0, 1).
 */
export function drawExamples(
  all: readonly Encoded[],
  { rows = all.length, labelNoise = 0 }: TrainingDraw,
  { seed, classes }: { readonly seed: number; readonly classes: number },
): readonly Encoded[] {
  if (!(Number.isInteger(rows) && rows >= 1 && rows <= all.length)) {
    throw expectedGot("data/bad-draw", "rows", `a whole number from 1 to ${all.length}, the training examples`, rows);
  }
  if (!(labelNoise >= 0 && labelNoise < 1)) throw expectedGot("data/bad-draw", "labelNoise", "a share in [0, 1)", labelNoise);
  const kept =
    rows === all.length
      ? all
      : inProportion(all, seed)
          .slice(0, rows)
          .sort(ascending)
          .map((at) => all[at]);
  if (labelNoise === 0 || classes < 2) return kept;
  return kept.map((example) => {
    const draw = (site: string): number => uniform({ seed, step: 0, site }, example.index);
    if (draw("label-noise") >= labelNoise) return example;
    const step = 1 + Math.floor(draw("noisy-label") * (classes - 1));
    return { ...example, label: (example.label + step) % classes };
  });
}

const ascending = (a: number, b: number): number => a - b;

/** Places of all examples in an order of which every beginning holds the classes in proportion. */
function inProportion(all: readonly Encoded[], seed: number): number[] {
  const order = [...permutation({ seed, step: 0, site: "training-draw" }, all.length)];
  const sizes = new Map<number, number>();
  for (const { label } of all) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const before = new Map<number, number>();
  // the r-th of a class's c examples stands at (r + 1/2) / c of the order
  const placed = order.map((at) => {
    const { label } = all[at];
    const rank = before.get(label) ?? 0;
    before.set(label, rank + 1);
    return { at, place: (rank + 0.5) / sizes.get(label)! };
  });
  return placed.sort((a, b) => a.place - b.place || a.at - b.at).map(({ at }) => at);
}
