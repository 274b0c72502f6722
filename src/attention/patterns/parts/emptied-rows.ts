import { and, cast, constant, greater, type Node, not, or, sumTo, topKMask } from "../../../graph/index.ts";
import type { GraphView, HeadView } from "../pattern.ts";
import { rowShape } from "./ranked-keys.ts";

/**
 * Give every row of `kept` that lost all keys its best allowed one: the highest score, ties to the earlier key.
 *
 * Reference form, for patterns that choose by position: behind another pattern, none of their keys may be left.
 *
 * @param kept - Shape [n, n], changed in place.
 * @returns `kept`.
 */
export function keepBestWhereEmpty({ n, scores, allowed }: HeadView, kept: Uint8Array): Uint8Array {
  for (let row = 0; row < n * n; row += n) {
    if (kept.subarray(row, row + n).includes(1)) continue;
    let best = -1;
    for (let at = row; at < row + n; at++) if (allowed[at] && (best < 0 || scores[at] > scores[best])) best = at;
    if (best >= 0) kept[best] = 1;
  }
  return kept;
}

/**
 * Graph form of {@link keepBestWhereEmpty}; costs nothing where `view.full` rules empty rows out.
 *
 * @param kept - Bool, broadcastable to [B, H, n, n], a subset of `view.allowed`.
 * @returns Bool, broadcastable to [B, H, n, n].
 */
export function bestWhereEmpty(view: GraphView, kept: Node): Node {
  if (view.full) return kept;
  const counts = sumTo(cast(kept, "int32"), rowShape(kept)); // [.., n, 1]
  const one = constant([1], [1], "int32");
  const best = topKMask(view.scores(), view.allowed, one, constant([1], [1], "int64")); // [B, H, n, n]
  return or(kept, and(best, not(greater(counts, constant(0, [], "int32")))));
}
