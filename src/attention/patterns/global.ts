import { greater, lessOrEqual, where } from "../../graph/index.ts";
import { keepBestWhereEmpty } from "./parts/emptied-rows.ts";
import { graphOfPlaces, ofPlaces } from "./parts/place-blocks.ts";
import type { PlaceRule } from "./parts/place-rule.ts";
import { closestTo, sparsityOr, upTo } from "./parts/sparsity-or.ts";
import { validLength } from "./parts/valid-length.ts";
import type { Pattern } from "./pattern.ts";

/** Exactly one of the two. */
export type GlobalOptions =
  | { readonly sparsity: number; readonly tokens?: undefined }
  | { readonly tokens: number; readonly sparsity?: undefined };

/**
 * How many global tokens come closest to a nominal sparsity: with g of them `n² − (n − g)²` of n² pairs are kept. Ties go to fewer.
 *
 * @param sparsity - Nominal share of removed pairs, in [0, 1).
 * @param length - n, tokens of the text, [CLS] and [SEP] included.
 * @returns g in 1 … n; n removes nothing.
 * @example
 * globalTokens(0.8, 32); // 3
 */
export const globalTokens = (sparsity: number, length: number): number =>
  Math.max(
    1,
    closestTo(sparsity, length, upTo(1, length), (tokens) => length ** 2 - (length - tokens) ** 2),
  );

/** Alone it has little to compute in a block, so that wide ones are best. */
const BLOCK = 64;

/**
 * The first g tokens attend to every token and are attended to by every token: keep `query < g or key < g`.
 *
 * Alone it lets other tokens see nothing but the global ones; it is meant for `anyOf` with a window. Behind another pattern a query
 * may lose all of its keys; it then keeps its best allowed one by score.
 *
 * @param options.tokens - g itself, at least 1; 1 is [CLS] alone. It has no sparsity, so it cannot be ramped.
 * @param options.sparsity - In [0, 1): g is {@link globalTokens} of the example's own length, at every step of a ramp anew.
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` for an explicit number under a ramp.
 * @example
 * anyOf(slidingWindow({ radius: 4 }), global({ tokens: 1 }));
 * @see Longformer (arXiv 2004.05150), which gives global tokens projections of their own; here they share the others'.
 */
export function global(options: GlobalOptions): Pattern {
  const { id, nominalSparsity, at } = sparsityOr("global", "tokens", options, {
    least: 1,
    rule: "a whole number of tokens, at least 1",
    hint: "1 makes the first token, [CLS], global.",
    article: "",
    ofSparsity: globalTokens,
  });
  const rule: PlaceRule = {
    ...{ id, size: BLOCK, at },
    keyBlocks: (_, tokens, { size, blocks }) => upTo(0, Math.min(blocks, Math.ceil(tokens / size)) - 1),
    wholeRows: (tokens) => tokens,
    keeps: ({ queries, keys }, tokens) => greater(tokens.at(), where(lessOrEqual(queries, keys), queries, keys)),
  };
  return {
    id,
    needsScores: false,
    nominalSparsity,
    keep(view) {
      const { n, allowed, strength = 1 } = view;
      const tokens = at(validLength(view), strength);
      const kept = allowed.map((ok, pair) => (ok && (Math.floor(pair / n) < tokens || pair % n < tokens) ? 1 : 0));
      return keepBestWhereEmpty(view, kept);
    },
    graph: (view) => graphOfPlaces(view, rule),
    ...ofPlaces([rule]),
  };
}
