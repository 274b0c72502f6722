// The table of docs/results.md from the lines of run.ts and setfit_run.py: node bench/out-of-the-box/table.ts < results.jsonl
// Means over the seeds that there are, SetFit's in brackets; accuracies in per cent, seconds of Crisp's whole command and of SetFit's
// training alone, where they were taken. At sizes where SetFit was run, a row has the mean over the data sets of the draws that it was run on.
import { readFileSync } from "node:fs";

interface Line {
  readonly cell: string;
  readonly method: string;
  readonly accuracy: number;
  /** Missing where other work shared the machine; of Crisp the whole command's, of SetFit training alone. */
  readonly seconds?: number;
  readonly baselines?: Readonly<Record<string, number>>;
}

const lines = readFileSync(0, "utf8")
  .split("\n")
  .filter((line) => line.startsWith('{"cell"'))
  .map((line) => JSON.parse(line) as Line);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (values: readonly number[]): string => (values.length === 0 ? "–" : (100 * mean(values)).toFixed(1));
const seconds = (given: readonly Line[]): string => {
  const values = given.flatMap(({ seconds }) => seconds ?? []);
  return values.length === 0 ? "" : ` in ${mean(values).toFixed(0)} s`;
};

const METHODS = ["majority class", "TF-IDF + logistic regression", "frozen encoder + logistic regression"];

/** Accuracies of one cell by method: of the baselines as Crisp printed them. */
interface Cell {
  readonly set: string;
  readonly labels: string;
  readonly baselines: readonly (readonly number[])[];
  readonly setfit: readonly Line[];
  readonly crisp: readonly Line[];
}

/** @param draws - Whether a draw of rows counts; default all. */
function cellOf(name: string, draws: (cell: string) => boolean = () => true): Cell {
  const of = (method: string): Line[] =>
    lines.filter(({ method: own, cell }) => own === method && cell.startsWith(`${name}-`) && draws(cell));
  const crisp = of("crisp");
  const baselines = METHODS.map((method) => crisp.flatMap(({ baselines }) => baselines?.[method] ?? []));
  const [set, labels] = name.split("-");
  return { set, labels, baselines, setfit: of("setfit"), crisp };
}

const accuracies = (given: readonly Line[]): number[] => given.map(({ accuracy }) => accuracy);
const row = (columns: readonly string[]): void => console.log(`| ${columns.join(" | ")} |`);
const sizes = ["8", "50", "500", "all"];
const cells = [...new Set(lines.map(({ cell }) => cell.replace(/-\d+$/, "")))]
  .map((name) => cellOf(name))
  .filter(({ crisp }) => crisp.length > 0);

console.log("| data, labels a class | seeds | majority | TF-IDF | frozen encoder | SetFit | Crisp |");
console.log("|---|---|---|---|---|---|---|");
for (const size of sizes) {
  const ofSize = cells.filter(({ labels }) => labels === size);
  for (const { set, labels, baselines, setfit, crisp } of ofSize) {
    const peer = setfit.length === 0 ? "–" : `${percent(accuracies(setfit))} (${setfit.length})${seconds(setfit)}`;
    row([
      `${set}, ${labels}`,
      `${crisp.length}`,
      ...baselines.map(percent),
      peer,
      `${percent(accuracies(crisp))}${seconds(crisp)}`,
    ]);
  }
  const both = ofSize
    .filter(({ setfit }) => setfit.length > 0)
    .map(({ set, labels, setfit }) => cellOf(`${set}-${labels}`, (cell) => setfit.some((line) => line.cell === cell)));
  if (both.length === 0) continue;
  const over = (of: (cell: Cell) => readonly number[]): string => percent(both.map((cell) => mean(of(cell))));
  const columns = [...METHODS.map((_, at) => over(({ baselines }) => baselines[at])), over(({ setfit }) => accuracies(setfit))];
  row([`mean of ${both.length}, ${size}`, "", ...columns, over(({ crisp }) => accuracies(crisp))]);
}
