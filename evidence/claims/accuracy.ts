// Claims 1 to 3: accuracy on the primary grid.
import { critical, decide, randomEffects, ZONE } from "../../src/studies/index.ts";
import { BASELINE, type Cells, type JudgedClaim, onEach, primary, SPARSEST, TASKS, TOP_K, type Verdict } from "./claim.ts";
import { accuracyPoints, type Contrast, crossed, judged, together } from "./comparisons.ts";

const POINTS = { score: accuracyPoints, unit: "points" } as const;
const PRIMARY = TASKS.map(primary);

export function sparserIsBetter(cells: Cells): JudgedClaim {
  const text = "80 % sparse is more accurate than dense";
  const contrasts = new Map<string, Contrast>();
  const onTasks = onEach({ claim: 1, text }, PRIMARY, cells, (cell) => {
    const family = crossed(cell, [[SPARSEST, BASELINE]], POINTS);
    contrasts.set(cell.name, family[0]);
    const findings = judged(family);
    return [{ where: cell.name, word: findings[0].word, findings }];
  });
  const all = onTasks.notRun.length === 0 ? [overTasks([...contrasts.values()])] : [];
  return { ...onTasks, verdicts: [...onTasks.verdicts, ...all] };
}

/** Random effects over the tasks: 95 % interval for the word, 90 % for "no difference". */
function overTasks(contrasts: readonly Contrast[]): Verdict {
  const effects = contrasts.map(({ components, spread, seeds }) => ({
    mean: components.mean,
    standardError: Math.sqrt(spread!.betweenSeeds / seeds + spread!.exampleEffect / spread!.examples),
  }));
  const { mean, standardError, low, high } = randomEffects(effects);
  const half = critical(0.9, effects.length - 1) * standardError;
  const [low90, high90] = [mean - half, mean + half];
  const word = decide({ low, high }, { low: low90, high: high90 }, ZONE);
  const [{ what, unit, seeds }] = contrasts;
  return { where: "over tasks", word, findings: [{ what, unit, word, mean, low, high, level: 0.95, low90, high90, seeds }] };
}

export const allAreBetter = (cells: Cells): JudgedClaim =>
  onEach({ claim: 2, text: "all three sparse arms are more accurate than dense" }, PRIMARY, cells, (cell) => {
    const pairs = TOP_K.map((arm) => [arm, BASELINE] as const);
    const findings = judged(crossed(cell, pairs, POINTS));
    return [{ where: cell.name, word: together(findings.map(({ word }) => word)), findings }];
  });

export const sparsestIsBest = (cells: Cells): JudgedClaim =>
  onEach({ claim: 3, text: "the sparsest is the best" }, PRIMARY, cells, (cell) => {
    const pairs = TOP_K.filter((arm) => arm !== SPARSEST).map((arm) => [SPARSEST, arm] as const);
    const findings = judged(crossed(cell, pairs, POINTS));
    return [{ where: cell.name, word: together(findings.map(({ word }) => word)), findings }];
  });
