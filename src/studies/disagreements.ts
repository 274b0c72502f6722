import { argmax } from "../metrics/index.ts";
import type { RunRecord } from "../runs/index.ts";
import { BASELINE } from "./check-definition.ts";
import type { Disagreements } from "./records.ts";

const MOST_SHOWN = 8;

/** The reported split, as far as it is told of. */
interface ReportedTexts {
  /** Of the classes. */
  readonly labels: readonly string[];
  readonly examples: readonly { readonly index: number; readonly text: string; readonly pair?: string; readonly label: number }[];
}

/** Where each arm and the baseline answer differently, over all seeds; of equals the earlier text comes first. */
export function disagreementsOf(
  arms: readonly string[],
  { examples, labels }: ReportedTexts,
  runs: readonly { readonly record: RunRecord }[],
): Disagreements {
  const right = (arm: string): number[] => {
    const own = runs.filter(({ record }) => record.arm === arm);
    return examples.map((_, at) =>
      own.reduce((sum, { record }) => sum + Number(argmax(record.probabilities[at]) === record.labels[at]), 0),
    );
  };
  const base = right(BASELINE);
  const baseRuns = new Map(runs.flatMap((run) => (run.record.arm === BASELINE ? [[run.record.seed, run.record]] : [])));
  return {
    arms: arms.flatMap((arm) => {
      if (arm === BASELINE) return [];
      const own = right(arm);
      let [onlyArm, onlyBaseline] = [0, 0];
      for (const { record } of runs.filter((run) => run.record.arm === arm)) {
        const paired = baseRuns.get(record.seed)!;
        record.labels.forEach((label, at) => {
          const [mine, other] = [record, paired].map(({ probabilities }) => argmax(probabilities[at]) === label);
          onlyArm += Number(mine && !other);
          onlyBaseline += Number(other && !mine);
        });
      }
      const places = examples.map((_, at) => at).filter((at) => own[at] !== base[at]);
      const difference = (at: number): number => Math.abs(own[at] - base[at]);
      const shown = places.sort((a, b) => difference(b) - difference(a) || a - b).slice(0, MOST_SHOWN);
      return [
        {
          ...{ arm, onlyArm, onlyBaseline },
          examples: shown.map((at) => ({
            index: examples[at].index,
            text: [examples[at].text, examples[at].pair].filter(Boolean).join(" / "),
            label: labels[examples[at].label],
            armRight: own[at],
            baselineRight: base[at],
          })),
        },
      ];
    }),
  };
}
