import { expectedGot } from "../errors/index.ts";
import { abs, and, lessOrEqual, reshape, sub } from "../graph/index.ts";
import { bestWhereEmpty, keepBestWhereEmpty } from "./emptied-rows.ts";
import { checkSparsity } from "./kept-keys.ts";
import type { Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";
import { validLength } from "./valid-length.ts";

/** Exactly one of the two. */
export type WindowOptions =
  | { readonly sparsity: number; readonly radius?: undefined }
  | { readonly radius: number; readonly sparsity?: undefined };

/**
 * The radius whose sliding window comes closest to a nominal sparsity: of n · n pairs, `n(2r + 1) − r(r + 1)` lie within r tokens.
 * Ties go to the smaller radius.
 *
 * @param sparsity - Nominal share of removed pairs, in [0, 1).
 * @param length - n, tokens of the sentence, [CLS] and [SEP] included.
 * @returns r in tokens, to either side; n − 1 removes nothing.
 * @example
 * windowRadius(0.8, 32); // 3
 */
export function windowRadius(sparsity: number, length: number): number {
  const missBy = (radius: number): number => {
    const kept = length * (2 * radius + 1) - radius * (radius + 1);
    return Math.abs(1 - kept / length ** 2 - sparsity);
  };
  let best = 0;
  for (let radius = 1; radius < length; radius++) if (missBy(radius) < missBy(best)) best = radius;
  return best;
}

/**
 * Keep keys at most r tokens away, to either side: `|query − key| ≤ r`, at most 2r + 1 keys.
 *
 * Behind another pattern a query may lose its whole window; it then keeps its best allowed key by score.
 *
 * @param options.sparsity - In [0, 1): r is {@link windowRadius} of the example's own length, at every step of a ramp anew.
 * @param options.radius - r itself, a whole number of tokens, at least 0. It has no sparsity, so it cannot be ramped.
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` for an explicit radius under a ramp.
 * @example
 * slidingWindow({ radius: 1 }); // query 2 of 5 keeps [0, 1, 1, 1, 0]
 * @see Longformer (arXiv 2004.05150), whose windows are counted whole: its w is our 2r.
 */
export function slidingWindow(options: WindowOptions): Pattern {
  const { sparsity, radius } = checkWindow(options);
  const id = patternId("slidingWindow", { sparsity, radius });
  const radiusOf = (length: number, strength: number): number => {
    if (sparsity !== undefined) return windowRadius(strength * sparsity, length);
    if (strength === 1) return radius!;
    const hint = "Give a sparsity instead of the radius, or leave the ramp out.";
    throw expectedGot("pattern/bad-schedule", id, "no ramp on an explicit radius", `strength ${strength}`, hint);
  };
  return {
    id,
    needsScores: false,
    nominalSparsity: sparsity ?? null,
    keep(view) {
      const { n, allowed, strength = 1 } = view;
      const reach = radiusOf(validLength(view), strength);
      const near = allowed.map((ok, at) => (ok && Math.abs(Math.floor(at / n) - (at % n)) <= reach ? 1 : 0));
      return keepBestWhereEmpty(view, near);
    },
    graph(view) {
      const keys = view.input("slidingWindow.positions", ["n"], "int32", (out) => {
        for (let at = 0; at < out.length; at++) out[at] = at;
      });
      const reach = view.input(`${id}.radius`, ["B", 1, 1, 1], "int32", (out, { lengths, strength }) => {
        for (let at = 0; at < out.length; at++) out[at] = radiusOf(lengths[at], strength);
      });
      const distance = abs(sub(reshape(keys, ["n", 1]), keys)); // [n, n]
      return bestWhereEmpty(view, and(view.allowed, lessOrEqual(distance, reach))); // [B, 1, n, n]
    },
  };
}

function checkWindow({ sparsity, radius }: WindowOptions): { sparsity?: number; radius?: number } {
  if ((sparsity === undefined) === (radius === undefined)) {
    const got = radius === undefined ? "neither" : "both";
    throw expectedGot("pattern/bad-parameter", "slidingWindow", "either a sparsity or a radius", got);
  }
  if (radius === undefined) checkSparsity("slidingWindow", sparsity);
  else if (!(Number.isInteger(radius) && radius >= 0)) {
    const rule = "a whole radius in tokens, at least 0";
    throw expectedGot("pattern/bad-parameter", "slidingWindow", rule, radius, "0 keeps each token's own key only.");
  }
  return { sparsity, radius };
}
