import { expectedGot } from "../../errors/index.ts";
import {
  and,
  cast,
  constant,
  cumulativeSum,
  greater,
  maskedSoftmax,
  sortRows,
  sub,
  sumTo,
  topKMask,
  where,
} from "../../graph/index.ts";
import { checkParameters } from "./parts/check-parameters.ts";
import { refuseRamp } from "./parts/no-ramp.ts";
import { rowShape } from "./parts/ranked-keys.ts";
import type { Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";

/** A mass counts as reached so much of it earlier, so that rounding adds no key: nine of ten equal keys hold 0.9. */
const ROUNDING = 1e-6;

/**
 * Of every query's allowed keys, keep the fewest whose softmax probabilities add up to a mass, the largest first; the kept ones then
 * share the whole row.
 *
 * At least one key stays; ties go to the earlier key. How much is removed follows from the scores alone: there is no sparsity, and no
 * ramp.
 *
 * @param options.mass - Share of the probability to keep, in (0, 1); default 0.9.
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` under a ramp.
 * @example
 * topP({ mass: 0.9 }); // probabilities [0.25, 0.7, 0.05] keep [1, 1, 0]
 * @see SpargeAttention2 (arXiv 2602.13515), which chooses blocks by mass or number; nucleus sampling (arXiv 1904.09751).
 */
export function topP(options: { readonly mass?: number } = {}): Pattern {
  checkParameters("topP", options, ["mass"]);
  const { mass = 0.9 } = options;
  if (!(typeof mass === "number" && mass > 0 && mass < 1)) {
    const hint = "0.9 keeps nine tenths of the probability; dense keeps all of it.";
    throw expectedGot("pattern/bad-parameter", "topP", "a mass in (0, 1)", mass, hint);
  }
  const id = patternId("topP", { mass });
  const checkStrength = (strength: number): void => refuseRamp(id, "a mass", strength);
  const enough = Math.fround(mass * (1 - ROUNDING));
  return {
    id,
    needsScores: true,
    nominalSparsity: null,
    keep({ n, scores, allowed, strength = 1 }) {
      checkStrength(strength);
      const kept = new Uint8Array(n * n);
      for (let row = 0; row < n * n; row += n) {
        const pairs: number[] = [];
        for (let at = row; at < row + n; at++) if (allowed[at]) pairs.push(at);
        pairs.sort((a, b) => scores[b] - scores[a] || a - b);
        const raised = pairs.map((at) => Math.exp(scores[at] - scores[pairs[0]]));
        const sum = raised.reduce((a, b) => a + b, 0);
        let before = 0;
        for (let rank = 0; rank < pairs.length && before < enough; rank++) {
          kept[pairs[rank]] = 1;
          before += raised[rank] / sum;
        }
      }
      return kept;
    },
    graph(view) {
      const bound = view.input(`${id}.enough`, [1], "float", (out, { strength }) => {
        checkStrength(strength);
        out[0] = enough;
      });
      const most = view.input("topP.most", [1], "int64", (out, { lengths }) => {
        (out as BigInt64Array)[0] = BigInt(lengths.reduce((a, b) => Math.max(a, b), 1));
      });
      const scores = view.scores();
      const sorted = sortRows(maskedSoftmax(scores, view.allowed)); // [B, H, n, n]
      const before = sub(cumulativeSum(sorted), sorted); // [B, H, n, n]
      const missing = and(greater(bound, before), greater(sorted, constant(0))); // [B, H, n, n]
      const counts = sumTo(cast(missing, "int32"), rowShape(before)); // [B, H, n, 1]
      // a padded query's row may allow nothing, and is zeroed later
      const one = constant(1, [], "int32");
      return topKMask(scores, view.allowed, where(greater(one, counts), one, counts), most); // [B, H, n, n]
    },
  };
}
