import { expectedGot } from "../../errors/index.ts";
import { or } from "../../graph/index.ts";
import { ofPlaces } from "./parts/place-blocks.ts";
import { ofUnion } from "./parts/union-blocks.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Apply patterns left to right; each sees only the pairs that those before it left. Order matters.
 *
 * A sparsity is taken of what is left: `inOrder(slidingWindow({ radius: 4 }), topK({ sparsity: 0.5 }))` keeps the better half of
 * each window. A part that finds none of its keys left keeps the best allowed one by score, so a composition of several parts is
 * taken to need scores.
 *
 * @param parts - At least one.
 * @throws `pattern/bad-parameter` when there is none.
 * @example
 * inOrder(slidingWindow({ radius: 1 }), topK({ sparsity: 0.5 })); // scores [9, 1, 2, 8], query 1: keeps [1, 0, 1, 0]
 */
export function inOrder(...parts: readonly Pattern[]): Pattern {
  checkParts("inOrder", parts);
  return {
    id: compositionId("inOrder", parts),
    needsScores: parts.some((part) => part.needsScores) || parts.filter((part) => part.nominalSparsity !== 0).length > 1,
    emptiesRows: parts.some((part) => part.emptiesRows),
    isDrawn: parts.some((part) => part.isDrawn),
    nominalSparsity: null,
    keep: (view) => parts.reduce((allowed: Uint8Array, part) => part.keep({ ...view, allowed }), view.allowed),
    graph(view) {
      let { allowed, full } = view;
      for (const part of parts) {
        const kept = part.graph({ ...view, allowed, full });
        // A part that hands on the very same node removed nothing.
        full &&= kept === allowed;
        allowed = kept;
      }
      return allowed;
    },
  };
}

/**
 * Keep a pair when any of the patterns keeps it: a window plus the best few keys anywhere, say.
 *
 * Every part sees the same allowed pairs, and its own rule for emptied rows applies.
 *
 * @param parts - At least one.
 * @throws `pattern/bad-parameter` when there is none.
 * @example
 * anyOf(slidingWindow({ radius: 1 }), topK({ sparsity: 0.9 }));
 */
export function anyOf(...parts: readonly Pattern[]): Pattern {
  checkParts("anyOf", parts);
  const hasBlocks = parts.every((part) => part.places ?? part.choices);
  return {
    id: compositionId("anyOf", parts),
    needsScores: parts.some((part) => part.needsScores),
    emptiesRows: parts.every((part) => part.emptiesRows),
    isDrawn: parts.some((part) => part.isDrawn),
    nominalSparsity: null,
    keep(view) {
      const masks = parts.map((part) => part.keep(view));
      return view.allowed.map((_, at) => (masks.some((mask) => mask[at]) ? 1 : 0));
    },
    graph: (view) => parts.map((part) => part.graph(view)).reduce(or),
    ...(hasBlocks && unionOf(parts)),
  };
}

/** The block form of what one of some patterns keeps that have one each. */
function unionOf(parts: readonly Pattern[]): Pick<Pattern, "blocks" | "places" | "choices"> {
  const [places, choices] = [parts.flatMap((part) => part.places ?? []), parts.flatMap((part) => part.choices ?? [])];
  return choices.length === 0 ? ofPlaces(places) : ofUnion(places, choices);
}

/** `inOrder(slidingWindow(radius=4), topK(sparsity=0.5))`: the call that builds it, which `parsePattern` reads back. */
const compositionId = (name: string, parts: readonly Pattern[]): string => `${name}(${parts.map((part) => part.id).join(", ")})`;

function checkParts(name: string, parts: readonly Pattern[]): void {
  if (parts.length === 0) throw expectedGot("pattern/bad-parameter", name, "at least one pattern", "none");
  const other = parts.find((part) => typeof part?.keep !== "function");
  if (other !== undefined) throw expectedGot("pattern/bad-parameter", name, "patterns, such as topK({ sparsity: 0.8 })", other);
}
