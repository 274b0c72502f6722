import { and, equal, reshape } from "../../graph/index.ts";
import { bestWhereEmpty, keepBestWhereEmpty } from "./parts/emptied-rows.ts";
import { ofPlaces } from "./parts/place-blocks.ts";
import type { PlaceRule } from "./parts/place-rule.ts";
import { closestTo, sparsityOr, upTo } from "./parts/sparsity-or.ts";
import { validLength } from "./parts/valid-length.ts";
import type { Pattern } from "./pattern.ts";

/** Exactly one of the two. */
export type StridedOptions =
  | { readonly sparsity: number; readonly stride?: undefined }
  | { readonly stride: number; readonly sparsity?: undefined };

/**
 * The stride that comes closest to a nominal sparsity: tokens fall into t classes by position modulo t, and of n² pairs those
 * within a class are kept. Ties go to the smaller stride.
 *
 * @param sparsity - Nominal share of removed pairs, in [0, 1).
 * @param length - n, tokens of the text, [CLS] and [SEP] included.
 * @returns t in 1 … n; 1 removes nothing, n leaves each token its own key.
 * @example
 * stridedBy(0.8, 32); // 5
 */
export function stridedBy(sparsity: number, length: number): number {
  const keptPairs = (stride: number): number => {
    const [whole, longer] = [Math.floor(length / stride), length % stride];
    return longer * (whole + 1) ** 2 + (stride - longer) * whole ** 2;
  };
  return Math.max(1, closestTo(sparsity, length, upTo(1, length), keptPairs));
}

/** One or two blocks of keys in stride / size are read. Where that is more than a quarter, all pairs are computed as fast. */
const blockSize = (stride: number): number | undefined => [32, 16].find((size) => stride >= 8 * size);

/** Keep keys at a distance that `stride` divides; undefined where that is too narrow for blocks. */
function stridedRule(id: string, stride: number): PlaceRule | undefined {
  const size = blockSize(stride);
  if (size === undefined) return undefined;
  return {
    ...{ id, size, at: () => stride },
    keyBlocks: (block, _, { size, blocks }) =>
      [...upTo(0, blocks - 1)].filter((other) => {
        const beyond = (Math.abs(block - other) * size) % stride;
        return beyond < size || stride - beyond < size;
      }),
    keeps(_, { mapped }) {
      const { queries, keys } = mapped("phase", (place) => place % stride);
      return equal(queries, keys);
    },
  };
}

/**
 * Keep keys at a distance that `stride` divides, to both sides: `(query − key) mod stride = 0`.
 *
 * Behind another pattern a query may lose all of its keys; it then keeps its best allowed one by score.
 *
 * @param options.stride - In tokens, at least 1; 1 keeps every key. It has no sparsity, so it cannot be ramped.
 * @param options.sparsity - In [0, 1): the stride is {@link stridedBy} of the example's own length, at every step of a ramp anew.
 * @throws `pattern/bad-parameter`; when run, `pattern/bad-schedule` for an explicit stride under a ramp.
 * @example
 * strided({ stride: 2 }); // query 1 of 5 keeps [0, 1, 0, 1, 0]
 * @see Sparse Transformers (arXiv 1904.10509), which also adds a local window.
 */
export function strided(options: StridedOptions): Pattern {
  const { id, nominalSparsity, at } = sparsityOr("strided", "stride", options, {
    least: 1,
    rule: "a whole stride in tokens, at least 1",
    hint: "1 keeps every key.",
    ofSparsity: stridedBy,
  });
  const rule = options.stride === undefined ? undefined : stridedRule(id, options.stride);
  return {
    id,
    needsScores: false,
    nominalSparsity,
    keep(view) {
      const { n, allowed, strength = 1 } = view;
      const stride = at(validLength(view), strength);
      const kept = allowed.map((ok, pair) => (ok && (Math.floor(pair / n) - (pair % n)) % stride === 0 ? 1 : 0));
      return keepBestWhereEmpty(view, kept);
    },
    graph(view) {
      // The stride follows each example's length, and the graph has no remainder: positions modulo the stride are fed.
      const phase = view.input(`${id}.phase`, ["B", 1, 1, "n"], "int32", (out, { lengths, strength, bindings: { n } }) => {
        lengths.forEach((length, example) => {
          const stride = at(length, strength);
          for (let key = 0; key < n; key++) out[example * n + key] = key % stride;
        });
      });
      const chosen = equal(reshape(phase, ["B", 1, "n", 1]), phase); // [B, 1, n, n]
      return bestWhereEmpty(view, and(view.allowed, chosen)); // [B, 1, n, n]
    },
    ...(rule && ofPlaces([rule])),
  };
}
