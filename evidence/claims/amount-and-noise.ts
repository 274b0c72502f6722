// Claim 6: whether the effect depends on the amount of data and on label noise.
import { BASELINE, type Cells, type JudgedClaim, primary, SPARSEST, type Verdict } from "./claim.ts";
import { accuracyPoints, differences, judged, together, welch } from "./comparisons.ts";

const [FEW, MIDDLE, MANY, NOISY] = ["sizes/rows-250", primary("sst2"), "sizes/rows-4000", "noise"];

/**
 * A regulariser's effect is expected to be larger with fewer examples and with noisier labels, so the differences are taken in that
 * direction: 250 − 1,000 and 1,000 − 4,000 examples, noise of 20 % − none.
 */
export function dependsOnData(cells: Cells): JudgedClaim {
  const names = [FEW, MIDDLE, MANY, NOISY];
  const notRun = names.filter((name) => !cells(name));
  const of = { claim: 6, text: "the effect depends on the amount of data and on label noise" };
  if (notRun.length > 0) return { ...of, verdicts: [], notRun };
  const effects = new Map(names.map((name) => [name, effectOf(cells, name)]));
  const pair = (a: string, b: string) =>
    welch({ what: `effect of ${a} − effect of ${b}`, unit: "points" }, effects.get(a)!, effects.get(b)!);
  const findings = judged([pair(FEW, MIDDLE), pair(MIDDLE, MANY), pair(NOISY, MIDDLE)]);
  const ofAmount = findings.slice(0, 2);
  const verdicts: Verdict[] = [
    { where: "amount of data", word: together(ofAmount.map(({ word }) => word)), findings: ofAmount },
    { where: "label noise", word: findings[2].word, findings: findings.slice(2) },
  ];
  return { ...of, verdicts, notRun };
}

/** Accuracy of the sparsest arm minus dense of each seed, in points. */
function effectOf(cells: Cells, name: string): number[] {
  const cell = cells(name)!;
  const [all, texts] = [differences(cell, SPARSEST, BASELINE, accuracyPoints), cell.labels.length];
  return cell.facts.seeds.map((_, s) => all.subarray(s * texts, (s + 1) * texts).reduce((sum, d) => sum + d, 0) / texts);
}
