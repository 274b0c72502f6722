import { expectedGot } from "../errors/index.ts";
import { accuracy, argmax } from "../metrics/index.ts";
import type { TrainingOptions } from "../training/index.ts";
import type { Arm, StudyDefinition } from "./definition.ts";
import type { StoredRun } from "./stores/store.ts";

/** How settings are chosen for each arm: all arms, dense too, try the same trials with the same seeds. */
export interface TuningPlan {
  readonly trials: readonly Partial<TrainingOptions>[];
  /** Unlike those that are reported. */
  readonly seeds: readonly number[];
}

/** What an arm's trials came to. */
export interface Tuned {
  readonly arm: string;
  /** Index of the trial that is kept: of the best accuracy, the earlier one of equals. */
  readonly chosen: number;
  /** Mean accuracy of each trial on the selection split, in [0, 1]. */
  readonly accuracies: readonly number[];
  /** Runs that diverged. */
  readonly diverged: number;
}

const trialName = (arm: string, trial: number): string => (trial === 0 ? arm : `${arm}.trial-${trial + 1}`);

/**
 * The study that compares an arm's trials: it reports on the selection split, and never reads the reported one.
 *
 * @throws `study/bad-spec` without a selection split.
 */
export function tuningStudy(definition: StudyDefinition, { trials, seeds }: TuningPlan): StudyDefinition {
  const { selection, train } = definition.data;
  if (!selection) throw expectedGot("study/bad-spec", `study ${definition.study}, tuning`, "a selection split", "none");
  return {
    ...definition,
    study: `${definition.study}.tuning`,
    data: { train, reported: selection },
    arms: definition.arms.flatMap((arm) =>
      trials.map((trial, at) => ({ ...arm, name: trialName(arm.name, at), options: { ...arm.options, ...trial } })),
    ),
    seeds,
    claims: [],
    ...{ looks: undefined, crossed: false },
  };
}

/** The trial that each arm keeps. */
export function chooseTrials({ arms }: StudyDefinition, { trials }: TuningPlan, runs: readonly StoredRun[]): Tuned[] {
  return arms.map(({ name: arm }) => {
    const own = trials.map((_, at) => runs.filter(({ record }) => record.arm === trialName(arm, at)));
    const accuracies = own.map((seeds) => {
      const each = seeds.map(({ record: { probabilities, labels } }) => accuracy(probabilities.map(argmax), labels));
      return each.reduce((sum, value) => sum + value, 0) / each.length;
    });
    const diverged = own.flat().filter(({ record }) => record.diverged).length;
    return { arm, chosen: accuracies.indexOf(Math.max(...accuracies)), accuracies, diverged };
  });
}

/** The study with each arm's own settings. */
export const tunedStudy = (definition: StudyDefinition, { trials }: TuningPlan, tuned: readonly Tuned[]): StudyDefinition => ({
  ...definition,
  study: `${definition.study}.tuned`,
  arms: definition.arms.map((arm): Arm => {
    const { chosen } = tuned.find((each) => each.arm === arm.name)!;
    return { ...arm, options: { ...arm.options, ...trials[chosen] } };
  }),
});
