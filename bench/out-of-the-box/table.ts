// The table of docs/results.md from the lines of run.ts and setfit_run.py: node bench/out-of-the-box/table.ts < results.jsonl
// Means over the seeds that there are; accuracies in per cent, seconds of Crisp's whole command and of SetFit's training alone.
import { readFileSync } from "node:fs";

interface Line {
  readonly cell: string;
  readonly method: string;
  readonly accuracy: number;
  /** Missing where other work shared the machine. */
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

const cells = [...new Set(lines.map(({ cell }) => cell.replace(/-\d+$/, "")))];
const order = (cell: string): number => Number(cell.split("-")[1]);
console.log("| data, labels a class | seeds | majority | TF-IDF | frozen encoder | SetFit | Crisp |");
console.log("|---|---|---|---|---|---|---|");
for (const cell of cells.sort((a, b) => order(a) - order(b))) {
  const of = (method: string): Line[] => lines.filter((line) => line.method === method && line.cell.startsWith(`${cell}-`));
  const [crisp, setfit] = [of("crisp"), of("setfit")];
  const baseline = (name: string): string => percent(crisp.flatMap(({ baselines }) => baselines?.[name] ?? []));
  const columns = [
    cell.replace("-", ", "),
    `${crisp.length}`,
    ...["majority class", "TF-IDF + logistic regression", "frozen encoder + logistic regression"].map(baseline),
    `${percent(setfit.map(({ accuracy }) => accuracy))}${seconds(setfit)}`,
    `${percent(crisp.map(({ accuracy }) => accuracy))}${seconds(crisp)}`,
  ];
  console.log(`| ${columns.join(" | ")} |`);
}
