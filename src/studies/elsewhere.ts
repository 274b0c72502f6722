import { isDense } from "../attention/index.ts";
import { stableJson } from "../files/index.ts";
import type { PlanSpec } from "../runs/index.ts";
import { BASELINE } from "./check-definition.ts";
import type { StudyDefinition } from "./definition.ts";
import type { PreparedStudy } from "./prepare.ts";
import type { StoredRun, StudyRun, StudyStore } from "./stores/store.ts";

/** Another study, such as another cell of a grid, and where its runs are kept. */
export interface OtherStudy {
  readonly study: PreparedStudy;
  /** Is only read, and need not be open. */
  readonly store: Pick<StudyStore, "finished">;
}

/** The plans under which the weights of an arm are evaluated too, by arm: the baseline's under those of the sparse arms. */
export function alsoUnder({ arms, crossed }: StudyDefinition, arm: string): Readonly<Record<string, PlanSpec>> | undefined {
  if (arm !== BASELINE || crossed === false) return undefined;
  return Object.fromEntries(arms.flatMap(({ name, plan }) => (isDense(plan) ? [] : [[name, plan]])));
}

/**
 * Finished runs of other studies that are the same as runs of this one, so that these need not be done.
 *
 * An id covers all that a run is trained on and reads of its data, the reported split included (`runId`). It does not cover the plans of
 * other arms that the baseline is evaluated under: a run without one of those evaluations is not taken.
 *
 * @returns Finds such a run: its result as this study's, with `takenFrom`; undefined where there is none.
 */
export function runsElsewhere(
  { header, definition }: PreparedStudy,
  others: readonly OtherStudy[],
): (run: StudyRun) => Promise<StoredRun | undefined> {
  const ids = new Set(header.runs.map(({ id }) => id));
  const twins = others.flatMap(({ study, store }) =>
    study.header.runs.flatMap((twin) => (ids.has(twin.id) ? [{ twin, study, store }] : [])),
  );
  return async (run) => {
    const under = alsoUnder(definition, run.arm) ?? {};
    for (const { twin, study, store } of twins) {
      if (twin.id !== run.id || !hasAll(alsoUnder(study.definition, twin.arm) ?? {}, under)) continue;
      const [found] = await store.finished({ study: study.header.study, runs: [twin] });
      const taken = found && takenOver(found, run, Object.keys(under));
      if (taken) return { ...taken, takenFrom: study.header.study };
    }
    return undefined;
  };
}

/** Whether the first has every plan of the second, by the same name. */
const hasAll = (first: Readonly<Record<string, PlanSpec>>, second: Readonly<Record<string, PlanSpec>>): boolean =>
  Object.entries(second).every(([arm, plan]) => arm in first && stableJson(first[arm]) === stableJson(plan));

/** A result under another run's name, with the evaluations under `arms` alone; undefined where it was kept before one of these was added. */
function takenOver(found: StoredRun, { arm, seed }: StudyRun, arms: readonly string[]): StoredRun | undefined {
  const { crossProbabilities = {}, ...record } = found.record;
  if (!arms.every((other) => other in crossProbabilities)) return undefined;
  const cross = Object.fromEntries(arms.map((other) => [other, crossProbabilities[other]]));
  return { ...found, record: { ...record, arm, seed, ...(arms.length > 0 && { crossProbabilities: cross }) } };
}
