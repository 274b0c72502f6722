import type { StudyResults } from "../../records.ts";
import { type FriedmanTest, friedmanTest } from "./friedman.ts";
import { type MeanEffect, randomEffects } from "./random-effects.ts";

/** What several studies of the same arms say together, one study a task. Exploratory: no verdict word. */
export interface AcrossTasks {
  /** Names of the corpora. */
  readonly tasks: readonly string[];
  /** Arms that all studies have, the baseline among them. */
  readonly arms: readonly string[];
  /** Of mean accuracies; null with fewer than three arms. */
  readonly ranks: FriedmanTest | null;
  /** Mean difference to the baseline over the tasks, in points, of each other arm. */
  readonly effects: readonly { readonly arm: string; readonly effect: MeanEffect }[];
}

/**
 * Several studies of the same arms taken together, each on a task of its own.
 *
 * @param studies - With two or more seeds each.
 * @returns null with fewer than three studies, where two are about one corpus or some corpus is made up, since these are no sample of
 *   tasks, and where the studies share no baseline or no other arm.
 * @example acrossTasks([sst2, cola, rte])?.effects[0].effect.region // "inside"
 */
export function acrossTasks(studies: readonly StudyResults[]): AcrossTasks | null {
  const tasks = studies.map(({ corpus }) => corpus);
  const [first, ...others] = studies;
  if (studies.length < 3 || new Set(tasks).size < studies.length || studies.some(({ synthetic }) => synthetic)) return null;
  const { baseline } = first;
  if (others.some((study) => study.baseline !== baseline)) return null;
  const armOf = (study: StudyResults, name: string) => study.arms.find((arm) => arm.name === name);
  const arms = first.arms
    .map(({ name }) => name)
    .filter((name) => studies.every((study) => name === baseline || armOf(study, name)?.furtherTests));
  const rivals = arms.filter((name) => name !== baseline);
  if (rivals.length === 0) return null;
  const scores = studies.map((study) => arms.map((name) => armOf(study, name)!.accuracy.mean));
  return {
    tasks,
    arms,
    ranks: arms.length < 3 ? null : friedmanTest(scores),
    effects: rivals.map((arm) => {
      const effects = studies.map((study) => {
        const { difference, furtherTests } = armOf(study, arm)!;
        return { mean: difference!.mean, standardError: furtherTests!.standardError };
      });
      return { arm, effect: randomEffects(effects) };
    }),
  };
}
