// Claim 7: the weights of the SST-2 runs on other texts.
import type { Cell } from "../cell-files.ts";
import { BASELINE, type Cells, type JudgedClaim, primary, SPARSEST } from "./claim.ts";
import { accuracyPoints, crossed, judged, perSeed } from "./comparisons.ts";

const NAMES = ["robustness/imdb", "robustness/typos"];

export function featuresAreRobust(cells: Cells): JudgedClaim {
  const of = { claim: 7, text: "features are more robust" };
  const notRun = [...NAMES, primary("sst2")].filter((name) => !cells(name));
  if (notRun.length > 0) return { ...of, verdicts: [], notRun };
  const family = NAMES.flatMap((name) => {
    const cell = cells(name)!;
    const why = sameWeights(cell, cells(primary("sst2"))!) ? undefined : "training losses are not those of the primary grid";
    return crossed(cell, [[SPARSEST, BASELINE]], { score: accuracyPoints, unit: "points" }).map((contrast) => ({
      why,
      ...contrast,
    }));
  });
  const findings = judged(family);
  return {
    ...of,
    verdicts: findings.map((finding, at) => ({ where: NAMES[at], word: finding.word, findings: [finding] })),
    notRun,
  };
}

/** Runs of the same weights have the same training losses, to the last bit. */
const sameWeights = (cell: Cell, other: Cell): boolean =>
  [BASELINE, SPARSEST].every((arm) => {
    const [own, expected] = [cell, other].map((each) => perSeed(each, arm, ({ trainLoss }) => trainLoss));
    return own.join() === expected.join();
  });
