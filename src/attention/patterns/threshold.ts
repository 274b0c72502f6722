import { expectedGot } from "../../errors/index.ts";
import { lessOrEqual, maskedSoftmax } from "../../graph/index.ts";
import { checkParameters } from "./parts/check-parameters.ts";
import { bestWhereEmpty, keepBestWhereEmpty } from "./parts/emptied-rows.ts";
import { refuseRamp } from "./parts/no-ramp.ts";
import type { Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";

/**
 * Keep keys whose softmax probability over the query's allowed keys is at least a threshold; the kept ones then share the whole row.
 *
 * A query without such a key keeps its best allowed one, ties to the earlier key. How much is removed follows from the scores alone:
 * there is no sparsity, and no ramp.
 *
 * @param options.probability - Least probability to keep, in (0, 1].
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` under a ramp.
 * @example
 * threshold({ probability: 0.1 }); // probabilities [0.7, 0.25, 0.05] keep [1, 1, 0]
 */
export function threshold(options: { readonly probability: number }): Pattern {
  checkParameters("threshold", options, ["probability"]);
  const { probability } = options;
  if (!(typeof probability === "number" && probability > 0 && probability <= 1)) {
    const hint = "0.01 removes keys below one per cent.";
    throw expectedGot("pattern/bad-parameter", "threshold", "a probability in (0, 1]", probability, hint);
  }
  const id = patternId("threshold", { probability });
  const checkStrength = (strength: number): void => refuseRamp(id, "a threshold", strength);
  const least = Math.fround(probability);
  return {
    id,
    needsScores: true,
    nominalSparsity: null,
    keep(view) {
      const { n, scores, allowed, strength = 1 } = view;
      checkStrength(strength);
      const kept = new Uint8Array(n * n);
      for (let row = 0; row < n * n; row += n) {
        const keys: number[] = [];
        for (let at = row; at < row + n; at++) if (allowed[at]) keys.push(at);
        const largest = keys.reduce((most, at) => Math.max(most, scores[at]), Number.NEGATIVE_INFINITY);
        const sum = keys.reduce((total, at) => total + Math.exp(scores[at] - largest), 0);
        for (const at of keys) kept[at] = Number(Math.exp(scores[at] - largest) / sum >= least);
      }
      return keepBestWhereEmpty(view, kept);
    },
    graph(view) {
      const bound = view.input(`${id}.least`, [1], "float", (out, { strength }) => {
        checkStrength(strength);
        out[0] = least;
      });
      // Removed keys have probability 0, below any threshold. Rows can come out empty however many keys were allowed.
      const kept = lessOrEqual(bound, maskedSoftmax(view.scores(), view.allowed)); // [B, H, n, n]
      return bestWhereEmpty({ ...view, full: false }, kept); // [B, H, n, n]
    },
  };
}
