import type { ArmResult, FurtherTests, StudyResults } from "../../../studies/index.ts";
import { fixed, percent, points, pValue } from "../../format.ts";
import { type Html, html } from "../../html.ts";
import { armTable, type Cell } from "./arm-table.ts";

/** Tests beside the verdict, one column an arm; null where no arm has any. */
export function furtherTestsTable({ arms, seeds }: StudyResults): Html | null {
  const tested = ({ furtherTests }: ArmResult) => furtherTests !== undefined;
  const first = arms.find(tested)?.furtherTests;
  if (!first) return null;
  const of =
    (cell: (tests: FurtherTests) => Html | string): Cell =>
    ({ furtherTests }) =>
      furtherTests ? cell(furtherTests) : null;
  const planned = first.power.planned.map(({ effect }, at): [string, Cell] => [
    `a true ${points(effect)} points is found in`,
    of(({ power }) => {
      const { power: chance, seeds: enough } = power.planned[at];
      const need = enough === null ? "no number of seeds gives 80 %" : `80 % with ${enough.toLocaleString("en")} seeds`;
      return html`${percent(chance, 0)} <span class="pm">${need}</span>`;
    }),
  ]);
  const groups: [string, [string, Cell][]][] = [
    [
      "New seeds, these sentences",
      [
        [
          "permutation test, p",
          of(({ permutation: { p, smallest } }) => html`${pValue(p)} <span class="pm">least ${pValue(smallest)}</span>`),
        ],
        [
          "almost stochastic order, ε",
          of(
            ({ stochasticOrder: { violation, bound } }) =>
              html`${fixed(violation, 2)} <span class="pm">at most ${fixed(bound, 2)}</span>`,
          ),
        ],
        ["equivalence within ±0.5 points, p", of(({ equivalence }) => pValue(equivalence.fixedP))],
      ],
    ],
    [
      "These models, new sentences",
      [
        ["McNemar’s test over seeds, p", of(({ mcNemar }) => pValue(mcNemar.p))],
        ...seeds.map((seed, at): [string, Cell] => [
          `gained, lost and p of seed ${seed}`,
          of(
            ({ mcNemar: { perSeed } }) =>
              html`+${perSeed[at].gained} −${perSeed[at].lost} <span class="pm">${pValue(perSeed[at].exactP)}</span>`,
          ),
        ]),
      ],
    ],
    ["New seeds, new sentences", [["equivalence within ±0.5 points, p", of(({ equivalence }) => pValue(equivalence.p))]]],
    [
      `What ${seeds.length} seeds of this spread can find`,
      [...planned, ["smallest difference found in 80 %", of(({ power }) => points(power.smallestEffect))]],
    ],
  ];
  return armTable("Further tests", arms, groups, tested);
}
