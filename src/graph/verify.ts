import { CrispError } from "../errors/index.ts";
import { type Node, opRecord, topological } from "./node.ts";
import { showNode } from "./print.ts";
import { sameShape, showShape } from "./shape.ts";

/**
 * Check a graph after a stage built it: every operator is known, every shape and dtype is what its rule says, names are unique.
 *
 * @param roots - The outputs.
 * @returns All nodes, inputs before users.
 * @throws `graph/invalid`, naming the node.
 */
export function verify(roots: readonly Node[]): Node[] {
  const order = topological(roots);
  const names = new Map<string, Node>();
  for (const node of order) {
    const { shape, dtype } = opRecord(node.op).infer(node.inputs, node.attrs);
    if (!sameShape(shape, node.shape) || dtype !== node.dtype) {
      const got = `${node.dtype} ${showShape(node.shape)}`;
      throw new CrispError("graph/invalid", `${showNode(node)}: expected ${dtype} ${showShape(shape)}, got ${got}.`);
    }
    if (node.op !== "parameter" && node.op !== "input") continue;
    const name = node.attrs.name as string;
    const other = names.get(name);
    if (other && other !== node) throw new CrispError("graph/invalid", `${name}: expected one node of that name, got two.`);
    names.set(name, node);
  }
  return order;
}
