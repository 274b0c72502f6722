import type { StudyResults } from "../../records.ts";
import { type FriedmanTest, friedmanTest } from "./friedman.ts";
import { type MeanEffect, randomEffects } from "./random-effects.ts";

/** What several studies of the same arms say together, one study a task. Exploratory: no verdict word. */
export interface AcrossTasks {
  /** Names of the studies. */
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
 * @param studies - At least three, with one baseline and two or more seeds each.
 * @returns null when there are fewer than three studies, or they share no arm beside a common baseline.
 * @example acrossTasks([sst2, cola, rte])?.effects[0].effect.region // "inside"
 */
export function acrossTasks(studies: readonly StudyResults[]): AcrossTasks | null {
  if (studies.length < 3 || studies.some(({ baseline }) => baseline !== studies[0].baseline)) return null;
  const { baseline } = studies[0];
  const armOf = (study: StudyResults, name: string) => study.arms.find((arm) => arm.name === name);
  const arms = studies[0].arms
    .map(({ name }) => name)
    .filter((name) => studies.every((study) => name === baseline || armOf(study, name)?.furtherTests));
  const rivals = arms.filter((name) => name !== baseline);
  if (rivals.length === 0) return null;
  const scores = studies.map((study) => arms.map((name) => armOf(study, name)!.accuracy.mean));
  return {
    tasks: studies.map(({ study }) => study),
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
