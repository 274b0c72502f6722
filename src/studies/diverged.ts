import { argmax } from "../metrics/index.ts";
import { rulesOf, taskFigures } from "../runs/index.ts";
import { BASELINE } from "./check-definition.ts";
import { configOf, type PreparedStudy } from "./prepare.ts";
import type { RunKey, StoredRun } from "./stores/store.ts";

/** Errors that say that a training diverged. */
export const DIVERGED: ReadonlySet<string> = new Set(["training/not-finite", "model/not-finite"]);

/**
 * What is kept of a run that diverged, so that it counts: to each text it answers the classes' shares in the training set, which is all
 * that it can be said to have learned.
 */
export function divergedRun(study: PreparedStudy, { arm: name, seed }: RunKey): StoredRun {
  const { definition, data } = study;
  const { arms } = definition;
  const arm = arms.find((each) => each.name === name)!;
  const config = configOf(study, arm);
  const { labels: classes, examples } = definition.data.train;
  const shares = classes.map((_, label) => examples.filter((each) => each.label === label).length / examples.length);
  const labels = data.reported.map(({ label }) => label);
  const probabilities = labels.map(() => shares);
  const best = argmax(shares);
  const selected = definition.data.selection !== undefined;
  const figures = taskFigures(rulesOf({ labels: classes }), { probabilities, loss: undefined }, data.reported);
  return {
    record: {
      ...{ arm: name, seed, diverged: true, probabilities, denseProbabilities: probabilities, labels },
      ...(name === BASELINE && {
        crossProbabilities: Object.fromEntries(
          arms.flatMap((other) => (other.name === BASELINE ? [] : [[other.name, probabilities]])),
        ),
      }),
      trainLoss: -shares.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0),
      trainAccuracy: shares[best],
      effectiveSparsity: arm.nominalSparsity,
      ...{ steps: 0, seconds: 0, curve: [] },
      bestBySelectionAccuracy: selected ? labels.filter((label) => label === best).length / labels.length : null,
      temperature: selected ? 1 : null,
    },
    ...{ figures, figuresSparsityOff: figures, config, plan: arm.plan, maps: [], freshParameters: [] },
    fresh: (data.fresh ?? []).map(() => shares),
    runtime: { name: "", version: "", device: "", threads: 0 },
  };
}
