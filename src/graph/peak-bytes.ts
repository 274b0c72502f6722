import { type Node, opRecord, topological, type ValueInfo } from "./node.ts";
import { type Bindings, bindShape, bytesOfDType, elements } from "./shape.ts";

/**
 * About the most bytes that the values of a graph take while it is computed: each lives from where it is made to its last reader.
 *
 *     max over the nodes, in the order of the graph, of Σ bytes of the values alive
 *
 * So does what a node leaves for another one (`OpRecord.leaves`). Leaves and roots count nothing: they lie in memory of the caller's. A runtime that fuses nodes takes less, one whose allocator
 * leaves gaps takes more.
 *
 * @param roots - Outputs.
 * @param bindings - Sizes of the batch.
 */
export function peakBytes(roots: readonly Node[], bindings: Bindings): number {
  const order = topological(roots).filter(({ inputs }) => inputs.length > 0);
  const wanted = new Set(roots);
  const bytes = ({ shape, dtype }: ValueInfo): number => elements(bindShape(shape, bindings)) * bytesOfDType[dtype];
  const holder = new Map<Node, Node>();
  const held = (node: Node): Node => holder.get(node) ?? node;
  const last = new Map<Node, number>();
  for (const [at, node] of order.entries()) {
    if (opRecord(node.op).isView) holder.set(node, held(node.inputs[0]));
    for (const input of node.inputs) last.set(held(input), at);
  }
  // what a node leaves for others, by the last of them
  const leftUntil = new Map<Node, number>();
  const bytesOfLeft = new Map<Node, number>();
  for (const [at, { op, inputs }] of order.entries())
    for (const input of inputs) {
      const left = opRecord(input.op).leaves?.(input);
      if (left?.for !== op) continue;
      leftUntil.set(input, at);
      bytesOfLeft.set(input, bytes(left));
    }
  let [alive, most] = [0, 0];
  for (const [at, node] of order.entries()) {
    const isOwn = !holder.has(node) && !wanted.has(node);
    if (isOwn) alive += bytes(node);
    alive += bytesOfLeft.get(node) ?? 0;
    most = Math.max(most, alive);
    for (const input of new Set(node.inputs.map(held)))
      if (input.inputs.length > 0 && !wanted.has(input) && last.get(input) === at) alive -= bytes(input);
    for (const input of new Set(node.inputs)) if (leftUntil.get(input) === at) alive -= bytesOfLeft.get(input)!;
    if (isOwn && !last.has(node)) alive -= bytes(node);
  }
  return most;
}
