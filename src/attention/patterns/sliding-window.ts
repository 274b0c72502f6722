import { abs, lessOrEqual, sub } from "../../graph/index.ts";
import { keepBestWhereEmpty } from "./parts/emptied-rows.ts";
import { graphOfPlaces, ofPlaces } from "./parts/place-blocks.ts";
import type { PlaceRule } from "./parts/place-rule.ts";
import { closestTo, sparsityOr, upTo } from "./parts/sparsity-or.ts";
import { validLength } from "./parts/valid-length.ts";
import type { Pattern } from "./pattern.ts";

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
export const windowRadius = (sparsity: number, length: number): number =>
  closestTo(sparsity, length, upTo(0, length - 1), (radius) => length * (2 * radius + 1) - radius * (radius + 1));

/** A width that wastes few pairs around the window and still multiplies well; a sparsity's windows grow with the text. */
const blockSize = ({ radius }: WindowOptions): number => (radius === undefined ? 64 : radius < 16 ? 16 : radius < 48 ? 32 : 64);

/** Keep keys at most `at` tokens away, to either side. */
export const windowRule = (id: string, size: number, at: PlaceRule["at"]): PlaceRule => ({
  ...{ id, size, at },
  keyBlocks: (block, reach, { size, blocks }) =>
    upTo(Math.max(0, block - Math.ceil(reach / size)), Math.min(blocks - 1, block + Math.floor((size - 1 + reach) / size))),
  keeps: ({ queries, keys }, reach) => lessOrEqual(abs(sub(queries, keys)), reach.at()),
});

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
  const { id, nominalSparsity, at } = sparsityOr("slidingWindow", "radius", options, {
    least: 0,
    rule: "a whole radius in tokens, at least 0",
    hint: "0 keeps each token's own key only.",
    ofSparsity: windowRadius,
  });
  const rule = windowRule(id, blockSize(options), at);
  return {
    id,
    needsScores: false,
    nominalSparsity,
    keep(view) {
      const { n, allowed, strength = 1 } = view;
      const reach = at(validLength(view), strength);
      const near = allowed.map((ok, pair) => (ok && Math.abs(Math.floor(pair / n) - (pair % n)) <= reach ? 1 : 0));
      return keepBestWhereEmpty(view, near);
    },
    graph: (view) => graphOfPlaces(view, rule),
    ...ofPlaces([rule]),
  };
}
