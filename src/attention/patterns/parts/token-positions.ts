import type { Node } from "../../../graph/index.ts";
import type { GraphView } from "../pattern.ts";

/** Each token's place in its text, from 0: int32 [n]; one input for all patterns that ask. */
export const tokenPositions = (view: GraphView): Node =>
  view.input("token.positions", ["n"], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });
