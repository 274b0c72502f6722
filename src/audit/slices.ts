import { type Interval, wilsonInterval } from "../metrics/index.ts";

/** Which rows belong together, e.g. those of one class. */
export interface SliceKind {
  /** What they have in common, e.g. `class`, `length` or the name of a column. */
  readonly by: string;
  /** Of each row; undefined where a row belongs to none. */
  readonly values: readonly (string | undefined)[];
}

/** A part of the rows, and how often the model of others is right there. */
export interface Slice {
  readonly by: string;
  readonly value: string;
  readonly rows: number;
  readonly right: number;
  /** Wilson's 95 % interval of right / rows. */
  readonly interval: Interval;
  /**
   * `low`: the whole interval lies below that of all other rows; `few`: fewer than 20 rows, of which nothing is said; `usual`: neither.
   */
  readonly verdict: "low" | "few" | "usual";
}

/** Of fewer rows even a very bad share may be chance. */
const FEWEST_ROWS = 20;

/**
 * Judge parts of the rows by how often the prediction is right.
 *
 * Two 95 % intervals that do not meet are rarer by chance than one in a hundred, so that a table of some twenty slices seldom has a false
 * alarm.
 *
 * @param right - Whether the prediction is the given label, for each row.
 * @param kinds - Ways in which rows belong together.
 * @returns Slices by kind, and of each kind the worst first.
 * @example
 * judgeSlices([true, false], [{ by: "class", values: ["a", "b"] }])[0].value; // "b"
 */
export function judgeSlices(right: readonly boolean[], kinds: readonly SliceKind[]): Slice[] {
  const allRight = right.filter(Boolean).length;
  return kinds.flatMap(({ by, values }) => {
    const found = new Map<string, { rows: number; right: number }>();
    values.forEach((value, at) => {
      if (value === undefined) return;
      const slice = found.get(value) ?? { rows: 0, right: 0 };
      slice.rows++;
      slice.right += Number(right[at]);
      found.set(value, slice);
    });
    const slices = Array.from(found, ([value, own]): Slice => {
      const interval = wilsonInterval(own.right, own.rows);
      const others = right.length - own.rows;
      const isLow = others > 0 && interval.high < wilsonInterval(allRight - own.right, others).low;
      return { by, value, ...own, interval, verdict: own.rows < FEWEST_ROWS ? "few" : isLow ? "low" : "usual" };
    });
    return slices.sort((a, b) => a.right / a.rows - b.right / b.rows || b.rows - a.rows);
  });
}

/** Parts of about the same size that rows are cut into by a number. */
const PARTS = 4;

/**
 * Cut rows into four parts by a number, e.g. their length; equal numbers stay together.
 *
 * @param unit - What the numbers count, e.g. `tokens`.
 * @example
 * byQuarter([3, 9, 4, 12], "tokens"); // ["3 to 3 tokens", "9 to 9 tokens", "4 to 4 tokens", "12 to 12 tokens"]
 */
export function byQuarter(numbers: readonly number[], unit: string): string[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const tops = Array.from({ length: PARTS }, (_, part) => sorted[Math.ceil(((part + 1) / PARTS) * sorted.length) - 1]);
  const partOf = (number: number): number => tops.findIndex((top) => number <= top);
  const least = tops.map((_, part) => sorted.find((number) => partOf(number) === part));
  return numbers.map((number) => {
    const part = partOf(number);
    return `${least[part]} to ${tops[part]} ${unit}`;
  });
}
