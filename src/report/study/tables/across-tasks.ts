import type { AcrossTasks, StudyResults } from "../../../studies/index.ts";
import { card } from "../../document.ts";
import { fixed, inWords, listed, percent, points, pValue } from "../../format.ts";
import { type Html, html } from "../../html.ts";
import { armTable, type Cell } from "./arm-table.ts";

/** What studies that differ in their task alone say together; `name` is what they share, empty where that is all. */
export type NamedAcross = AcrossTasks & { readonly name: string };

/** Studies of several tasks taken together: mean effects, where they lie, ranks. */
export function acrossTasksCard({ name: shared, tasks, arms, ranks, effects }: NamedAcross, all: readonly StudyResults[]): Html {
  const first = all.find(({ corpus }) => corpus === tasks[0])!;
  const effectOf = (name: string) => effects.find(({ arm }) => arm === name)?.effect;
  const of =
    (cell: (effect: NonNullable<ReturnType<typeof effectOf>>) => Html | string): Cell =>
    ({ name }) => {
      const effect = effectOf(name);
      return effect ? cell(effect) : null;
    };
  const range = (low: number, high: number) => html`<span class="pm">${points(low)} to ${points(high)}</span>`;
  const groups: [string, [string, Cell][]][] = [
    [
      `Difference to ${first.baseline}, points`,
      [
        ["mean over tasks", of(({ mean, low, high }) => html`${points(mean)} ${range(low, high)}`)],
        ["on one more task", of(({ mean, nextLow, nextHigh }) => html`${points(mean)} ${range(nextLow, nextHigh)}`)],
        ["deviation from task to task", of(({ betweenTasks }) => fixed(betweenTasks, 2))],
      ],
    ],
    [
      "Chance that the mean lies",
      [
        ["below −0.5", of(({ below }) => percent(below, 1))],
        ["within ±0.5", of(({ inside }) => percent(inside, 1))],
        ["above +0.5", of(({ above }) => percent(above, 1))],
      ],
    ],
  ];
  if (ranks) groups.push(["Ranks", [["mean rank, 1 is best", ({ name }) => fixed(ranks.meanRanks[arms.indexOf(name)], 2)]]]);
  const ranked =
    ranks &&
    ` Friedman’s test of all ranks: p ${pValue(ranks.p)}; arms whose mean ranks are ${fixed(ranks.criticalDifference, 2)} or more apart differ (Nemenyi, 5 %).`;
  return card(
    `Across tasks${shared && `, ${shared}`}`,
    html`Exploratory. Random effects over ${inWords(tasks.length)} tasks: ${listed(tasks)}.${ranked}`,
    armTable("Across tasks", first.arms, groups, ({ name }) => arms.includes(name)),
    "wide",
  );
}

/** The same for a terminal, a line an arm. */
export const acrossLines = ({ name, tasks, effects }: NamedAcross): string[] => [
  `across ${tasks.length} tasks${name && `, ${name}`} (exploratory):`,
  ...effects.map(
    ({ arm, effect: { mean, low, high, inside } }) =>
      `  ${arm} ${points(mean)} points, 95 % ${points(low)} to ${points(high)}; within ±0.5 by ${percent(inside, 0)}`,
  ),
];
