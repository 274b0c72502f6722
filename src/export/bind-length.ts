import { bindSome, type Dim, makeNode, type Node, type Shape, topological } from "../graph/index.ts";

/**
 * The same graph for one number of tokens: the symbol n becomes a number in every shape.
 *
 * @returns The root, and the new node of each old one.
 */
export function bindLength(root: Node, length: number): { readonly root: Node; readonly of: ReadonlyMap<Node, Node> } {
  const bound = (dim: Dim): Dim => bindSome(dim, { n: length });
  const made = new Map<Node, Node>();
  for (const node of topological([root])) {
    const { shape, size, ...rest } = node.attrs;
    const attrs = {
      ...rest,
      ...(shape !== undefined && { shape: (shape as Shape).map(bound) }),
      ...(size !== undefined && { size: bound(size as Dim) }),
    };
    const inputs = node.inputs.map((each) => made.get(each)!);
    made.set(node, makeNode(node.op, inputs, attrs));
  }
  return { root: made.get(root)!, of: made };
}
