// Claim 9: known regularisers beside sparsity, each tuned alike.
import type { Cell } from "../cell-files.ts";
import { BASELINE, type Cells, type JudgedClaim, SPARSEST } from "./claim.ts";
import { accuracyPoints, average, crossed, judged, perSeed, type Word } from "./comparisons.ts";

const PLACES = ["rivals/sst2", "rivals/rte"];

export function rivalsDoAsWell(cells: Cells): JudgedClaim {
  const names = PLACES.flatMap((name) => [`${name}/tuning`, `${name}/tuned`]);
  const verdicts = PLACES.flatMap((where) => {
    const [tuning, tuned] = [cells(`${where}/tuning`), cells(`${where}/tuned`)];
    if (!tuning || !tuned) return [];
    const findings = judged(crossed(tuned, [[bestRival(tuning), SPARSEST]], { score: accuracyPoints, unit: "points" }));
    return [{ where, word: atLeastAsGood(findings[0].word), findings }];
  });
  const text = "sparsity helps no more than known regularisers";
  return { claim: 9, text, verdicts, notRun: names.filter((name) => !cells(name)) };
}

/** The claim holds where the rival is better, and where there is no difference. */
const atLeastAsGood = (word: Word): Word => (word === "no difference" ? "supported" : word);

/** The rival whose best trial was the most accurate on the selection split, by the tuning seeds alone; of equals the first. */
export function bestRival(tuning: Cell): string {
  const trialsOf = new Map<string, string[]>();
  for (const arm of new Set(tuning.runs.map((run) => run.arm))) {
    const rival = arm.replace(/\.trial-\d+$/, "");
    if (rival !== BASELINE && rival !== SPARSEST) trialsOf.set(rival, [...(trialsOf.get(rival) ?? []), arm]);
  }
  const best = [...trialsOf].map(([rival, trials]) => {
    const reached = trials.map((arm) => average(perSeed(tuning, arm, (run) => run.accuracy)));
    return { rival, accuracy: Math.max(...reached) };
  });
  return best.reduce((a, b) => (b.accuracy > a.accuracy ? b : a)).rival;
}
