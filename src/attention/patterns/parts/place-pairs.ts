import { constant, type Dim, gather, greater, type Node, reshape, where } from "../../../graph/index.ts";
import type { GraphView } from "../pattern.ts";
import type { PlacePairs, PlaceRule } from "./place-rule.ts";
import { textLengths } from "./token-blocks.ts";

/**
 * Pairs that a rule keeps: bool, broadcastable to [B, 1, …pairs].
 *
 * @param places - All places are below it.
 */
export function keptBy(view: GraphView, rule: PlaceRule, pairs: PlacePairs, places: Dim): Node {
  return rule.keeps(pairs, {
    at() {
      const at = view.input(`${rule.id}.at`, ["B", 1, 1, 1], "int32", (out, { lengths, strength }) => {
        for (let text = 0; text < out.length; text++) out[text] = rule.at(lengths[text], strength);
      });
      return reshape(at, ["B", 1, ...pairs.queries.shape.map(() => 1)]);
    },
    mapped(name, of) {
      const table = view.input(`${rule.id}.${name}.${places}`, [places], "int32", (out) => {
        for (let place = 0; place < out.length; place++) out[place] = of(place);
      });
      return { queries: gather(table, pairs.queries), keys: gather(table, pairs.keys) };
    },
  });
}

/** Behind which key none is kept: a text's length for pairs that one of the rules keeps, 0 for others; int32 [B, 1, …pairs]. */
export function endByAny(view: GraphView, rules: readonly PlaceRule[], pairs: PlacePairs, places: Dim): Node {
  const lengths = reshape(textLengths(view), ["B", 1, ...pairs.queries.shape.map(() => 1)]);
  // no And or Or of five axes: see docs/parity.md, ONNX Runtime's WebGPU kernels
  const none = constant(0, [], "int32");
  return rules.reduce((end, rule) => where(keptBy(view, rule, pairs, places), lengths, end), none);
}

/** Pairs with a real key that one of the rules keeps at least: bool [B, 1, …pairs]. */
export const keptByAny = (view: GraphView, rules: readonly PlaceRule[], pairs: PlacePairs, places: Dim): Node =>
  greater(endByAny(view, rules, pairs, places), pairs.keys);
