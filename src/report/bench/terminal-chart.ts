import type { BenchResults, SweepSeries } from "../../bench/index.ts";
import { paysFrom } from "./words.ts";

const ROWS = 13;
/** Columns left of the drawing: `  0.71× ┤`. */
const AXIS = 9;
const WIDTH = 80;
const LETTERS = "abcdefghijklmnop";

/**
 * Speed-up against length as text, 80 columns wide: a letter a pattern, the vertical axis logarithmic, a line where sparse and dense
 * take the same time; below it every figure and the length from which a pattern pays.
 *
 * @returns Lines.
 */
export function benchChart({ lengths, series }: Pick<BenchResults, "lengths" | "series">): string[] {
  return [...drawing(lengths, series), "", ...table(lengths, series)];
}

function drawing(lengths: readonly number[], series: readonly SweepSeries[]): string[] {
  const logs = series.flatMap(({ points }) => points.map(({ speedup }) => Math.log(speedup)));
  // the line at 1 is always in the picture
  const [low, high] = [Math.min(Math.log(0.8), ...logs), Math.max(Math.log(1.25), ...logs)];
  const rowOf = (speedup: number): number => Math.round(((high - Math.log(speedup)) / (high - low)) * (ROWS - 1));
  const column = Math.floor((WIDTH - AXIS) / lengths.length);
  const even = rowOf(1);
  const cells = Array.from({ length: ROWS }, (_, row) =>
    new Array<string>(column * lengths.length).fill(row === even ? "─" : " "),
  );
  for (const [at, { points }] of series.entries()) {
    for (const { length, speedup } of points) {
      // side by side, so that no letter hides another one
      const place = lengths.indexOf(length) * column + Math.floor(((at + 1) * column) / (series.length + 1));
      cells[rowOf(speedup)][place] = LETTERS[at];
    }
  }
  const label = (row: number): string => {
    if (row === even) return "1×";
    return row % 3 === 0 ? `${Math.exp(high - (row / (ROWS - 1)) * (high - low)).toFixed(2)}×` : "";
  };
  const rows = cells.map((row, at) => `${label(at).padStart(AXIS - 2)} ${at === even ? "┼" : "│"}${row.join("")}`.trimEnd());
  const names = lengths.map((length) => centred(String(length), column)).join("");
  return [...rows, `${" ".repeat(AXIS)}${names}`.trimEnd()];
}

function table(lengths: readonly number[], series: readonly SweepSeries[]): string[] {
  const wide = Math.max(...series.map(({ pattern }) => pattern.length));
  const row = (letter: string, name: string, figures: readonly string[], pays: string): string =>
    `${letter.padEnd(3)}${name.padEnd(wide)}${figures.map((figure) => figure.padStart(6)).join("")}  ${pays}`.trimEnd();
  return [
    row("", "", lengths.map(String), "pays from"),
    ...series.map((each, at) => {
      const figures = lengths.map((length) => each.points.find((point) => point.length === length)?.speedup.toFixed(2) ?? "–");
      return row(LETTERS[at], each.pattern, figures, paysFrom(each));
    }),
  ];
}

const centred = (text: string, width: number): string => text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
