import { expectedGot } from "../errors/index.ts";
import { type Bindings, bindShape, type Dense, elements, type Node, opRecord, topological } from "../graph/index.ts";

/**
 * Slow, obvious interpreter in float64: the reference that every runtime is held against.
 *
 * @param outputs - Named nodes to compute.
 * @param feeds - Values of parameters and inputs by name, row-major; plain numbers, booleans as 0 and 1.
 * @param bindings - What the symbols in shapes stand for, e.g. `{ B: 2, n: 5 }`.
 * @returns Each output with its concrete shape.
 * @throws `runtime/feeds` when a feed is missing or has the wrong number of values.
 * @example
 * interpret({ y: exp(input("x", [2])) }, { x: [0, 1] }).y.data; // [1, 2.718…]
 */
export function interpret<Name extends string>(
  outputs: Readonly<Record<Name, Node>>,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  bindings: Bindings = {},
): Record<Name, Dense> {
  const values = new Map<Node, Dense>();
  for (const node of topological(Object.values<Node>(outputs))) {
    const shape = bindShape(node.shape, bindings);
    const data =
      node.op === "parameter" || node.op === "input"
        ? fed(node, elements(shape), feeds)
        : opRecord(node.op).reference(
            node.inputs.map((input) => values.get(input)!),
            shape,
            node,
          );
    values.set(node, { shape, data });
  }
  return Object.fromEntries(Object.entries<Node>(outputs).map(([name, node]) => [name, values.get(node)!])) as Record<
    Name,
    Dense
  >;
}

function fed(node: Node, size: number, feeds: Readonly<Record<string, ArrayLike<number>>>): Float64Array {
  const name = node.attrs.name as string;
  const given = feeds[name];
  if (given?.length === size) return Float64Array.from(given);
  throw expectedGot("runtime/feeds", `interpret, ${name}`, `${size} values`, given === undefined ? "none" : given.length);
}
