import {
  bindDim,
  broadcastTo,
  cast,
  dropout,
  maskedSoftmax,
  matmul,
  mul,
  type Node,
  pickRows,
  product,
  reshape,
  spreadRows,
  sumTo,
  where,
} from "../../graph/index.ts";
import type { KeyBlocks } from "../patterns/pattern.ts";
import type { CoreView } from "./core.ts";

/** The first queries of each text, and what they keep. */
type FirstRows = NonNullable<KeyBlocks["firstRows"]>;

/**
 * `softmax(mask(q kᵀ · scale)) v` of the first queries, every score of theirs computed, in place of their rows of `context`.
 *
 * @param context - [B, H, n, d], computed otherwise.
 * @returns [B, H, n, d].
 */
export function withFirstRows(
  [q, k, v]: readonly Node[],
  context: Node,
  { count, keep }: FirstRows,
  { heads, scale, dropoutMask, input }: CoreView,
): Node {
  const d = q.shape[3];
  const [all, few] = [product(["B", heads, "n"]), product(["B", heads, count])];
  const name = `firstRows.${count}`;
  const rows = input(`${name}.${heads}.rows`, [few], "int32", (out, { bindings }) => {
    const each = bindDim(count, bindings);
    for (let at = 0; at < out.length; at++) out[at] = Math.floor(at / each) * bindings.n + (at % each);
  });
  const places = input(`${name}.${heads}.places`, [all], "int32", (out, { bindings }) => {
    const { n } = bindings;
    const each = bindDim(count, bindings);
    const none = (out.length / n) * each;
    for (let at = 0; at < out.length; at++) out[at] = at % n < each ? Math.floor(at / n) * each + (at % n) : none;
  });
  const isFirst = input(`${name}.isFirst`, ["n", 1], "bool", (out, { bindings }) => {
    for (let at = 0; at < out.length; at++) out[at] = Number(at < bindDim(count, bindings));
  });
  const queries = reshape(pickRows(reshape(q, [all, d]), rows, places), ["B", heads, count, d]);
  const probabilities = maskedSoftmax(matmul(queries, k, { transB: true, alpha: scale }), keep); // [B, H, count, n]
  const mask = dropoutMask?.(probabilities.shape, "firstRows");
  const made = matmul(mask ? dropout(probabilities, mask.mask, mask.probability) : probabilities, v); // [B, H, count, d]
  const spread = spreadRows(reshape(made, [few, d]), rows, places); // [B · H · n, d]
  return where(isFirst, reshape(spread, ["B", heads, "n", d]), context); // [B, H, n, d]
}

/** Pairs that the first queries keep, those of real ones, over all heads: float [B]. */
export function countFirstRows({ count, keep }: FirstRows, { heads, input }: Pick<CoreView, "heads" | "input">): Node {
  const real = input(`firstRows.${count}.real`, ["B", 1, count, 1], "float", (out, { lengths }) => {
    const rows = out.length / lengths.length;
    for (let at = 0; at < out.length; at++) out[at] = Number(at % rows < lengths[Math.floor(at / rows)]);
  });
  const perQuery = sumTo(cast(keep, "float"), [...keep.shape.slice(0, -1), 1]); // [B, 1 or H, count, 1]
  const pairs = mul(broadcastTo(perQuery, ["B", heads, count, 1]), real); // [B, H, count, 1]
  return reshape(sumTo(pairs, ["B", 1, 1, 1]), ["B"]);
}
