import { expectedGot } from "../errors/index.ts";
import { makeNode, type Node, topological } from "./node.ts";
import { sameShape, showShape } from "./shape.ts";

/**
 * The same graph with some nodes replaced; what does not depend on them is shared with the old one.
 *
 * @param roots - Outputs of the graph.
 * @param replacements - Of the same shape as what they stand for, and of a dtype that its readers take.
 * @returns The roots, in order.
 * @throws `graph/shape`, `graph/dtype`.
 * @example
 * substitute([loss], new Map([[fedMask, dropoutMask(key, fedMask.shape, 0.1)]]));
 */
export function substitute(roots: readonly Node[], replacements: ReadonlyMap<Node, Node>): Node[] {
  const made = new Map<Node, Node>();
  for (const node of topological(roots)) {
    const replacement = replacements.get(node);
    if (replacement) {
      if (!sameShape(replacement.shape, node.shape))
        throw expectedGot("graph/shape", "substitute", showShape(node.shape), showShape(replacement.shape));
      made.set(node, replacement);
      continue;
    }
    const inputs = node.inputs.map((input) => made.get(input)!);
    made.set(node, inputs.some((input, at) => input !== node.inputs[at]) ? makeNode(node.op, inputs, node.attrs) : node);
  }
  return roots.map((root) => made.get(root)!);
}
