import { classesInOne, type Dataset } from "../../data/index.ts";
import { counted } from "../../errors/index.ts";
import type { Fold } from "../../linear/index.ts";

/** A fold of so many times an even one's rows is worth a word. */
const UNEVEN = 1.5;
/** Classes that are named. */
const NAMED = 3;

/**
 * In one line what cross-validated figures suffer from because rows that share text stay in one fold: classes of which one fold has all
 * rows, and folds of very different sizes. Undefined where neither is so.
 */
export function foldsNote(dataset: Dataset, folds: readonly Pick<Fold, "test">[]): string | undefined {
  const { length } = dataset.examples;
  const foldOf = new Uint32Array(length);
  folds.forEach(({ test }, fold) => {
    for (const at of test) foldOf[at] = fold;
  });
  const sizes = folds.map(({ test }) => test.length);
  const untaught = classesInOne(dataset, foldOf);
  const named = untaught.slice(0, NAMED).map(({ label, rows }) => `${label} (${counted(rows, "row")})`);
  const more = untaught.length > NAMED ? ` and ${untaught.length - NAMED} more` : "";
  const said = [
    ...(untaught.length > 0 ? [`all of ${named.join(", ")}${more} are in one, whose model is taught none of them`] : []),
    ...(Math.max(...sizes) >= UNEVEN * Math.ceil(length / folds.length)
      ? [`they have ${Math.min(...sizes)} to ${Math.max(...sizes)} of ${counted(length, "row")}`]
      : []),
  ];
  return said.length === 0 ? undefined : `folds: rows that share text stay together, so ${said.join("; and ")}`;
}
