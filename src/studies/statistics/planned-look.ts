import type { RunRecord } from "../../runs/index.ts";
import type { Difference, Verdict } from "../records.ts";
import type { StudyPlan } from "../stores/store.ts";
import { studyResults } from "./study-results.ts";

/** What a study says at a look that was planned, while later seeds may still run. */
export interface PlannedLook {
  /** Number of seeds at which results are judged, all others left out. */
  readonly look: number;
  /** Of each claim, in their order. */
  readonly verdicts: readonly { readonly arm: string; readonly verdict: Verdict; readonly difference: Difference }[];
}

/**
 * The last look of a plan that is reached, by the number of seeds; null before the first one.
 *
 * A seed counts once all arms have finished it, and only behind all seeds before it: otherwise one could choose which seeds are judged.
 *
 * @param arms - All arms of the study.
 * @param isDone - Of a run.
 */
export function reachedLook(
  { seeds, looks }: StudyPlan,
  arms: readonly string[],
  isDone: (arm: string, seed: number) => boolean,
): number | null {
  const open = seeds.findIndex((seed) => !arms.every((arm) => isDone(arm, seed)));
  const whole = open < 0 ? seeds.length : open;
  return looks.findLast((look) => look <= whole) ?? null;
}

/**
 * The verdicts at a look that `reachedLook` gave: by the same rules, and the same levels, as those of the finished study.
 *
 * @param runs - Of all arms; those of later seeds are left out here.
 * @throws As `studyResults`.
 */
export function verdictsAt(
  look: number,
  { seeds, looks, claims }: StudyPlan,
  arms: readonly string[],
  runs: readonly RunRecord[],
  corpus: string,
): PlannedLook {
  const judged = new Set(seeds.slice(0, look));
  const results = studyResults(
    runs.filter(({ seed }) => judged.has(seed)),
    {
      ...{ study: "", corpus, synthetic: false, claims, looks, examples: { train: 0, selection: 0 } },
      arms: arms.map((name) => ({ name, pattern: name, nominalSparsity: 0 })),
      flops: () => ({ core: 0, attention: 0, layer: 0 }),
      ...{ environment: {}, command: "", createdAt: "" },
    },
  );
  const verdicts = results.arms.flatMap(({ name, verdict, difference }) =>
    difference && claims.includes(name) ? [{ arm: name, verdict, difference }] : [],
  );
  return { look, verdicts };
}
