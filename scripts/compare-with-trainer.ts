// Accuracy of Crisp against transformers' Trainer on the same sentences, seed by seed:
//   node scripts/compare-with-trainer.ts --trainer 'trainer-seed{seed}.json' --crisp 'crisp-seed{seed}/predictions.jsonl' --seeds 1,2,3
// The first kind of file is written by scripts/reference/trainer.py, the second by `crisp eval <model> <data> --output_dir <folder>`.
// Both drew their random numbers from streams of their own, so that a pair of seeds shares sentences and recipe, not dropout masks.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { crossedBootstrap } from "../src/studies/index.ts";

interface TrainerRun {
  readonly predictions: readonly { readonly index: number; readonly label: number; readonly prediction: number }[];
}
interface CrispRow {
  readonly index: number;
  readonly label: string;
  readonly probabilities: readonly number[];
}

const { values } = parseArgs({
  options: { trainer: { type: "string" }, crisp: { type: "string" }, seeds: { type: "string", default: "1,2,3" } },
});
const { trainer, crisp } = values;
if (trainer === undefined || crisp === undefined) throw new Error("expected --trainer and --crisp, each a path with {seed}");
const seeds = values.seeds.split(",");

/** Whether each sentence was classified right, by its row in the file. */
function ofTrainer(seed: string): boolean[] {
  const { predictions } = JSON.parse(readFileSync(trainer!.replace("{seed}", seed), "utf8")) as TrainerRun;
  return [...predictions].sort((a, b) => a.index - b.index).map(({ label, prediction }) => label === prediction);
}
function ofCrisp(seed: string): boolean[] {
  const lines = readFileSync(crisp!.replace("{seed}", seed), "utf8").trim().split("\n");
  const rows = lines.map((line) => JSON.parse(line) as CrispRow);
  return rows
    .sort((a, b) => a.index - b.index)
    .map(({ label, probabilities }) => probabilities.indexOf(Math.max(...probabilities)) === Number(label));
}

const share = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;
const points = (x: number): string => `${x >= 0 ? "+" : "−"}${Math.abs(x).toFixed(2)}`;
const differences: number[] = [];
for (const seed of seeds) {
  const [ours, theirs] = [ofCrisp(seed), ofTrainer(seed)];
  if (ours.length !== theirs.length) throw new Error(`seed ${seed}: ${ours.length} and ${theirs.length} sentences`);
  ours.forEach((right, i) => void differences.push(100 * (Number(right) - Number(theirs[i]))));
  console.log(`seed ${seed}: Crisp ${share(ours).toFixed(4)}, Trainer ${share(theirs).toFixed(4)}`);
}
const [boot] = crossedBootstrap([Float64Array.from(differences)], { seeds: seeds.length });
const { low, high } = boot.interval(0.95);
console.log(
  `Crisp minus Trainer: ${points(boot.components.mean)} points, 95 % interval ${points(low)} to ${points(high)} (crossed over seeds and sentences)`,
);
