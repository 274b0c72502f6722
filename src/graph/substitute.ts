import { expectedGot } from "../errors/index.ts";
import { type Node, topological } from "./node.ts";
import { sameShape, showShape } from "./shape.ts";

/**
 * The same graph with some nodes replaced; what does not depend on them is shared with the old one.
 *
 * @param roots - Outputs of the graph.
 * @param replacements - Of the same shape and dtype as what they stand for.
 * @returns The roots, in order.
 * @throws `graph/shape`.
 * @example
 * substitute([loss], new Map([[fedMask, dropoutMask(key, fedMask.shape, 0.1)]]));
 */
export function substitute(roots: readonly Node[], replacements: ReadonlyMap<Node, Node>): Node[] {
  const made = new Map<Node, Node>();
  for (const node of topological(roots)) {
    const replacement = replacements.get(node);
    if (replacement) {
      if (replacement.dtype !== node.dtype || !sameShape(replacement.shape, node.shape)) {
        const got = `${replacement.dtype} ${showShape(replacement.shape)}`;
        throw expectedGot("graph/shape", "substitute", `${node.dtype} ${showShape(node.shape)}`, got);
      }
      made.set(node, replacement);
      continue;
    }
    const inputs = node.inputs.map((input) => made.get(input)!);
    made.set(node, inputs.some((input, at) => input !== node.inputs[at]) ? { ...node, inputs } : node);
  }
  return roots.map((root) => made.get(root)!);
}
