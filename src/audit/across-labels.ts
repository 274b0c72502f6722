import type { Dataset } from "../data/index.ts";
import { keysOf, NearTexts, sketchOf } from "../data/index.ts";

/** Two rows that say the same, or nearly, and have different labels. */
export interface AcrossLabels {
  /** Place of the row. */
  readonly at: number;
  /** Place of the earlier row that it repeats. */
  readonly of: number;
  /** The texts are equal but for case, spaces and punctuation. */
  readonly equal: boolean;
}

/** A sketch takes some hundred bytes. */
const MOST_SKETCHES = 100_000;

/**
 * Find rows that repeat, or nearly repeat, an earlier row of another label: one of the two labels is wrong, or the text says too little.
 *
 * Near texts share at least 70 % of their pairs of neighbouring words; see `NearTexts`. A row is named once for each other label.
 *
 * @param dataset - Each example has one class; those without are left out.
 * @example
 * findAcrossLabels(dataset)[0]; // { at: 7, of: 2, equal: true }
 */
export function findAcrossLabels(dataset: Dataset): AcrossLabels[] {
  const found: AcrossLabels[] = [];
  const seen = dataset.labels.map(() => ({ firstOf: new Map<string, number>(), near: new NearTexts() }));
  let sketches = 0;
  keysOf(dataset).forEach((key, at) => {
    const { label } = dataset.examples[at];
    if (label < 0) return;
    const sketch = sketches < MOST_SKETCHES ? sketchOf(key) : undefined;
    seen.forEach(({ firstOf, near }, other) => {
      if (other === label) return;
      const same = firstOf.get(key);
      const of = same ?? (sketch && near.find(sketch));
      if (of !== undefined) found.push({ at, of, equal: same !== undefined });
    });
    const own = seen[label];
    if (own.firstOf.has(key)) return;
    own.firstOf.set(key, at);
    if (!sketch) return;
    own.near.add(sketch, at);
    sketches++;
  });
  return found;
}
