import { add, type Node, pickRows, product, reshape, spreadRows } from "../../graph/index.ts";
import type { HeadGroup } from "../plan.ts";
import type { MakeInput } from "../visibility.ts";
import type { CoreNodes, CoreView } from "./core.ts";

/**
 * Attend each group of heads as if the layer had no others.
 *
 * @param q - [B, H, n, d]; k and v too.
 * @param groups - Each head is in one of them.
 * @param attend - Of a group.
 */
export function attendByHeads(
  q: Node,
  k: Node,
  v: Node,
  view: CoreView,
  groups: readonly HeadGroup[],
  attend: (q: Node, k: Node, v: Node, view: CoreView) => CoreNodes,
): CoreNodes {
  const d = q.shape[3];
  const rowsOfAll = product(["B", view.heads, "n"]);
  const { dropoutMask } = view;
  const made = groups.map(({ heads, plan }) => {
    const { rows, places } = rowsOfHeads(heads, view.heads, view.input);
    const pick = (x: Node): Node => reshape(pickRows(reshape(x, [rowsOfAll, d]), rows, places), ["B", heads.length, "n", d]);
    const name = `heads.${heads.join("+")}`;
    const { context, keptPairs } = attend(pick(q), pick(k), pick(v), {
      ...{ ...view, plan, heads: heads.length },
      dropoutMask: dropoutMask && ((shape, part) => dropoutMask(shape, part ? `${name}.${part}` : name)),
    });
    const few = reshape(context, [product(["B", heads.length, "n"]), d]);
    return { context: reshape(spreadRows(few, rows, places), q.shape), keptPairs }; // the other heads' rows are 0
  });
  return {
    context: made.map(({ context }) => context).reduce(add), // [B, H, n, d]
    keptPairs: made.map(({ keptPairs }) => keptPairs).reduce(add), // [B]
  };
}

/** Where the rows of some heads stand among those of all, and where those of all stand among theirs. */
function rowsOfHeads(heads: readonly number[], count: number, input: MakeInput): Record<"rows" | "places", Node> {
  const name = `heads.${heads.join("+")}`;
  const few = product(["B", heads.length, "n"]);
  const rows = input(`${name}.rows`, [few], "int32", (out, { bindings: { n } }) => {
    for (let at = 0; at < out.length; at++) {
      const head = Math.floor(at / n);
      out[at] = (Math.floor(head / heads.length) * count + heads[head % heads.length]) * n + (at % n);
    }
  });
  const places = input(`${name}.places`, [product(["B", count, "n"])], "int32", (out, { bindings: { B, n } }) => {
    for (let at = 0; at < out.length; at++) {
      const head = Math.floor(at / n);
      const place = heads.indexOf(head % count);
      const none = B * heads.length * n;
      out[at] = place < 0 ? none : (Math.floor(head / count) * heads.length + place) * n + (at % n);
    }
  });
  return { rows, places };
}
