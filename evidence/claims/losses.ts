// Claims 4 and 5: losses, and the gap between validation and training loss, on the primary grid.
import type { Cell } from "../cell-files.ts";
import { BASELINE, type Cells, type JudgedClaim, onEach, primary, SPARSEST, TASKS, TOP_K } from "./claim.ts";
import {
  average,
  crossed,
  type Finding,
  judged,
  lossAsGiven,
  lossAtTemperature,
  overSeeds,
  perSeed,
  type Score,
  together,
} from "./comparisons.ts";

const PRIMARY = TASKS.map(primary);

export const lossIsLower = (cells: Cells): JudgedClaim =>
  onEach({ claim: 4, text: "validation loss is lower" }, PRIMARY, cells, (cell) => {
    const pairs = TOP_K.map((arm) => [arm, BASELINE] as const);
    const at = (score: Score, name: string): Finding[] =>
      judged(crossed(cell, pairs, { score, unit: "nats", sign: -1 })).map((finding) => ({
        ...finding,
        what: `${finding.what}, ${name}`,
      }));
    const [given, fitted] = [at(lossAsGiven, "temperature 1"), at(lossAtTemperature, "fitted temperature")];
    return TOP_K.map((arm, i) => {
      const findings = [given[i], fitted[i]];
      return { where: `${cell.name}, ${arm}`, word: together(findings.map(({ word }) => word)), findings };
    });
  });

/** Validation loss minus training loss of each seed, in nats. */
const gaps = (cell: Cell, arm: string): number[] => perSeed(cell, arm, ({ loss, trainLoss }) => loss - trainLoss);

export const gapShrinks = (cells: Cells): JudgedClaim =>
  onEach(
    { claim: 5, text: "the gap between validation and training loss shrinks, and because of which pairs go" },
    PRIMARY,
    cells,
    (cell) => {
      const sparse = gaps(cell, SPARSEST);
      const effectiveSparsity = average(perSeed(cell, SPARSEST, (run) => run.effectiveSparsity));
      const family = [BASELINE, "random80", "bottomk80"].map((arm) => {
        const shrunk = gaps(cell, arm).map((gap, s) => gap - sparse[s]);
        return overSeeds({ what: `gap of ${arm} − gap of ${SPARSEST}`, unit: "nats", effectiveSparsity }, shrunk);
      });
      const [toDense, ...toControls] = judged(family);
      return [
        { where: `${cell.name}, it shrinks`, word: toDense.word, findings: [toDense] },
        { where: `${cell.name}, because of which`, word: together(toControls.map(({ word }) => word)), findings: toControls },
      ];
    },
  );
