import type { ArmResult, StudyResults } from "../../../studies/index.ts";
import { fixed, percent, points } from "../../format.ts";
import type { Html } from "../../html.ts";
import { armTable, type Cell } from "./arm-table.ts";

/** The figures behind the means: one column an arm, one row a seed. */
export function seedsTable({ arms, seeds }: StudyResults): Html {
  const figures: [string, (arm: ArmResult) => readonly number[] | undefined, (value: number) => string][] = [
    ["Accuracy", ({ accuracy }) => accuracy.perSeed, (value) => percent(value)],
    ["Accuracy, sparsity off", ({ denseEvaluation }) => denseEvaluation.accuracy.perSeed, (value) => percent(value)],
    ["Difference, points", ({ difference }) => difference?.perSeed, (value) => points(value)],
    ["Evaluation loss", ({ evalLoss }) => evalLoss.perSeed, (value) => fixed(value, 4)],
    ["Training loss", ({ trainLoss }) => trainLoss.perSeed, (value) => fixed(value, 4)],
  ];
  const groups = figures.map(([title, values, format]): [string, [string, Cell][]] => [
    title,
    seeds.map((seed, at): [string, Cell] => [
      `seed ${seed}`,
      (arm) => {
        const own = values(arm);
        return own ? format(own[at]) : null;
      },
    ]),
  ]);
  return armTable("Every seed", arms, groups);
}
