// The files of evidence/results: one folder a cell, with `runs.csv`, `predictions.csv.gz` and `cell.json`.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { parseTable } from "../src/data/index.ts";
import { expectedGot } from "../src/errors/index.ts";

/** One run as `runs.csv` has it; a value that is not known is null, an empty cell. */
export interface RunRow {
  readonly arm: string;
  readonly pattern: string;
  readonly seed: number;
  readonly updates: number;
  /** Mean loss on a sample of the training examples, evaluated, in nats. */
  readonly trainLoss: number;
  /** Fitted on the selection split. */
  readonly temperature: number | null;
  readonly effectiveSparsity: number;
  /** On the reported split, in [0, 1]. */
  readonly accuracy: number;
  /** On the reported split, at temperature 1, in nats. */
  readonly loss: number;
  /** Of training alone, on the wall. */
  readonly seconds: number;
  readonly diverged: boolean;
  readonly runtime: string;
  readonly threads: number;
}

/** What all runs of a cell share. */
export interface CellFacts {
  readonly study: string;
  readonly seeds: readonly number[];
  /** Of the model. */
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  /** Mean tokens of a reported text; null where the study did not say. */
  readonly meanTokens: number | null;
  readonly cpu: string | null;
  readonly node: string | null;
}

/** A finished cell of a study. */
export interface Cell {
  /** Its folder below evidence/results, e.g. `primary/sst2`. */
  readonly name: string;
  readonly facts: CellFacts;
  readonly runs: readonly RunRow[];
  /** Class of each reported text, 0 or 1. */
  readonly labels: readonly number[];
  /** By run, in the order of `runs`: the probability of class 1 of each reported text. */
  readonly positive: readonly Float64Array[];
}

export const RESULTS = join(import.meta.dirname, "results");

const COLUMNS = {
  arm: "arm",
  pattern: "pattern",
  seed: "seed",
  updates: "updates",
  train_loss: "trainLoss",
  temperature: "temperature",
  effective_sparsity: "effectiveSparsity",
  accuracy: "accuracy",
  loss: "loss",
  seconds: "seconds",
  diverged: "diverged",
  runtime: "runtime",
  threads: "threads",
} as const satisfies Record<string, keyof RunRow>;
const TEXTS: ReadonlySet<string> = new Set<keyof RunRow>(["arm", "pattern", "runtime"]);

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csv = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => `${row.map((cell) => quoted(String(cell ?? ""))).join(",")}\n`).join("");

/**
 * The fewest digits that name a float32: rounding them to float32 gives it back.
 *
 * @example shortest(0.1) // "0.1", where the float32 is 0.100000001490116…
 */
export function shortest(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(single.toPrecision(digits)));
    if (Math.fround(Number(text)) === single) return text;
  }
  return String(Number(single.toPrecision(9)));
}

/** A cell's files by name; the same cell gives the same bytes with the same version of Node. */
export function cellFiles({ facts, runs, labels, positive }: Omit<Cell, "name">): Map<string, Uint8Array[]> {
  const names = Object.values(COLUMNS);
  const head = ["index", "label", ...runs.map(({ arm, seed }) => `${arm}.seed-${seed}`)];
  const answers = labels.map((label, at) => [at, label, ...positive.map((column) => shortest(column[at]))]);
  const packed = gzipSync(csv([head, ...answers]), { level: 9 });
  packed[9] = 255; // the system it was packed on: unknown, so that it is the same everywhere
  const text = (content: string): Uint8Array[] => [new TextEncoder().encode(content)];
  return new Map([
    ["runs.csv", text(csv([Object.keys(COLUMNS), ...runs.map((run) => names.map((name) => run[name]))]))],
    ["predictions.csv.gz", [packed]],
    ["cell.json", text(`${JSON.stringify(facts, null, 2)}\n`)],
  ]);
}

/** Read a cell back; undefined where it is not there. @throws `evidence/broken-cell` where its files do not belong together. */
export function readCell(name: string, folder = RESULTS): Cell | undefined {
  const own = join(folder, name);
  if (!existsSync(join(own, "cell.json"))) return undefined;
  const facts = JSON.parse(readFileSync(join(own, "cell.json"), "utf8")) as CellFacts;
  const table = parseTable(readFileSync(join(own, "runs.csv"), "utf8"), join(own, "runs.csv"));
  const parsed = (cell: string, key: keyof RunRow): unknown => {
    if (TEXTS.has(key)) return cell;
    if (cell === "true" || cell === "false") return cell === "true";
    return cell === "" ? null : Number(cell);
  };
  const runs = table.rows.map(({ cells }) => {
    const known = Object.entries(COLUMNS).map(([column, key]) => [
      key,
      parsed(String(cells[table.columns.indexOf(column)]), key),
    ]);
    return Object.fromEntries(known) as RunRow;
  });
  const lines = gunzipSync(readFileSync(join(own, "predictions.csv.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  const [head, ...rows] = lines.map((line) => line.split(","));
  const expected = ["index", "label", ...runs.map(({ arm, seed }) => `${arm}.seed-${seed}`)].join(",");
  if (head.join(",") !== expected) {
    const hint = "Collect the cell again.";
    throw expectedGot(
      "evidence/broken-cell",
      join(own, "predictions.csv.gz"),
      "the runs of runs.csv, in their order",
      "others",
      hint,
    );
  }
  return {
    ...{ name, facts, runs, labels: rows.map((row) => Number(row[1])) },
    positive: runs.map((_, at) => Float64Array.from(rows, (row) => Number(row[at + 2]))),
  };
}

/** Names of all cells that are there, sorted. */
export const cellNames = (folder = RESULTS): string[] =>
  globSync("**/cell.json", { cwd: folder })
    .map((path) => dirname(path).replaceAll("\\", "/"))
    .sort();
