import { type Node, topological } from "./node.ts";
import { showShape } from "./shape.ts";

const HIDDEN = new Set(["shape", "dtype", "name"]);

const MOST_VALUES = 8;

/** `[0, 2, 1]`; a long list by its first values and its length. */
const showList = (values: readonly unknown[]): string =>
  values.length <= MOST_VALUES ? `[${values.join(", ")}]` : `[${values.slice(0, 4).join(", ")}, … ${values.length}]`;

/** One node without its inputs: `matmul {transB} : float [B, 12, n, n]`. */
export function showNode(node: Node): string {
  const attrs = Object.entries(node.attrs)
    .filter(([key, value]) => !HIDDEN.has(key) && value !== false)
    .map(([key, value]) => (value === true ? key : `${key}=${Array.isArray(value) ? showList(value) : value}`));
  const name = node.attrs.name === undefined ? "" : ` ${node.attrs.name}`;
  const shown = attrs.length > 0 ? ` {${attrs.join(", ")}}` : "";
  return `${node.op}${name}${shown} : ${node.dtype} ${showShape(node.shape)}`;
}

/**
 * A graph as text, one node a line, inputs before users.
 *
 * @param outputs - Named roots.
 * @example
 * printGraph({ loss }); // "%0 = parameter w : float [3]\n%1 = mul %0 %0 : float [3]\n…\nloss = %2"
 */
export function printGraph(outputs: Readonly<Record<string, Node>>): string {
  const order = topological(Object.values(outputs));
  const numbers = new Map(order.map((node, at) => [node, at]));
  const lines = order.map((node, at) => {
    const [head, type] = showNode(node).split(" : ");
    return [`%${at} = ${head}`, ...node.inputs.map((input) => `%${numbers.get(input)}`)].join(" ") + ` : ${type}`;
  });
  return [...lines, ...Object.entries(outputs).map(([name, node]) => `${name} = %${numbers.get(node)}`)].join("\n");
}
