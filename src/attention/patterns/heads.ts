import { expectedGot } from "../../errors/index.ts";
import { and } from "../../graph/index.ts";
import { checkParameters } from "./parts/check-parameters.ts";
import { checkSparsity } from "./parts/kept-keys.ts";
import { twiceShare } from "./parts/twice-share.ts";
import type { Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";

/** Exactly one of the two. */
export type HeadsOptions =
  | { readonly sparsity: number; readonly heads?: undefined }
  | { readonly heads: readonly number[]; readonly sparsity?: undefined };

/**
 * How many of a layer's heads a nominal sparsity removes: `min(H − 1, round(s · H))`, a half up, so that one head always stays.
 *
 * @param sparsity - In [0, 1).
 * @param heads - H of the layer.
 * @example
 * removedHeads(0.8, 12); // 10
 */
export const removedHeads = (sparsity: number, heads: number): number =>
  Math.min(heads - 1, Math.floor((twiceShare(sparsity, heads) + 1) / 2));

/**
 * Remove whole heads: their queries keep no key, and their output is zero. The other heads keep every allowed pair.
 *
 * The one pattern that empties rows by design, and says so in `emptiesRows`.
 *
 * @param options.heads - Heads to remove, from 0, in every layer that the plan names. No sparsity, so it cannot be ramped.
 * @param options.sparsity - In [0, 1): the last {@link removedHeads} of each layer are removed.
 * @throws `pattern/bad-parameter`, also for a head that the layer lacks; when run, `pattern/bad-schedule` for explicit heads
 *   under a ramp.
 * @example
 * heads({ heads: [0, 3] }).id; // "heads(heads=0+3)"
 * @see Michel et al., arXiv 1905.10650, who remove heads after training, by importance; here they are named beforehand.
 */
export function heads(options: HeadsOptions): Pattern {
  const { sparsity, heads: chosen } = checkHeads(options);
  const id = patternId("heads", { sparsity, heads: chosen });
  /** Throws for a layer that lacks a chosen head. */
  const checkLayer = (count: number): void => {
    const missing = chosen?.find((head) => head >= count);
    if (missing === undefined) return;
    throw expectedGot("pattern/bad-parameter", id, `heads from 0 to ${count - 1}, as the layer has them`, missing);
  };
  const removes = (head: number, count: number, strength: number): boolean => {
    if (chosen === undefined) return head >= count - removedHeads(strength * sparsity!, count);
    if (strength === 1) return chosen.includes(head);
    const hint = "Give a sparsity instead of the heads, or leave the ramp out.";
    throw expectedGot("pattern/bad-schedule", id, "no ramp on explicit heads", `strength ${strength}`, hint);
  };
  return {
    id,
    needsScores: false,
    emptiesRows: true,
    nominalSparsity: sparsity ?? null,
    keep({ allowed, heads: count, key: { head }, strength = 1 }) {
      checkLayer(count);
      return removes(head, count, strength) ? new Uint8Array(allowed.length) : allowed.slice();
    },
    graph(view) {
      checkLayer(view.heads);
      const stays = view.input(`${id}.stays`, [1, view.heads, 1, 1], "bool", (out, { strength }) => {
        for (let head = 0; head < out.length; head++) out[head] = Number(!removes(head, out.length, strength));
      });
      return and(view.allowed, stays); // [B, H, 1, n]
    },
  };
}

function checkHeads(options: HeadsOptions): { sparsity?: number; heads?: readonly number[] } {
  checkParameters("heads", options, ["sparsity", "heads"]);
  const { sparsity, heads: chosen } = options;
  if ((sparsity === undefined) === (chosen === undefined)) {
    const got = chosen === undefined ? "neither" : "both";
    throw expectedGot("pattern/bad-parameter", "heads", "either a sparsity or heads", got);
  }
  if (chosen === undefined) {
    checkSparsity("heads", sparsity);
    return { sparsity };
  }
  const fits =
    Array.isArray(chosen) &&
    chosen.length > 0 &&
    new Set(chosen).size === chosen.length &&
    chosen.every((head) => Number.isInteger(head) && head >= 0);
  if (fits) return { heads: [...chosen].sort((a, b) => a - b) };
  throw expectedGot("pattern/bad-parameter", "heads", "different whole heads, from 0, at least one", String(chosen));
}
