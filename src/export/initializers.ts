import type { ModelProto, NodeProto, TensorProto } from "../onnx/index.ts";

type Graph = ModelProto["graph"];

const FLOAT = 1;
const SYMBOLS: Readonly<Record<string, string>> = { B: "batch_size", n: "sequence_length" };

/**
 * Carry a graph's parameters inside it, under their Hugging Face names.
 *
 * @param weights - By name; shared, not copied.
 */
export function withInitializers(graph: Graph, weights: ReadonlyMap<string, Float32Array>): Graph {
  const stored: TensorProto[] = [];
  const input = graph.input.filter(({ name, shape }) => {
    const values = weights.get(name);
    if (values) stored.push({ name, dims: shape as readonly number[], dataType: FLOAT, rawData: bytesOf(values) });
    return values === undefined;
  });
  return { ...graph, input, initializer: [...stored, ...graph.initializer] };
}

/** Operators whose outputs behind the first need not be there; ONNX refuses a TopK without its places, read or not. */
const OPTIONAL_OUTPUTS: ReadonlySet<string> = new Set(["LayerNormalization"]);

/** The graph without optional outputs that nothing reads, such as LayerNormalization's moments, and without what only they need. */
export function withoutUnread(graph: Graph): Graph {
  const read = new Set(graph.output.map(({ name }) => name));
  const node: NodeProto[] = [];
  for (const each of graph.node.toReversed()) {
    const last = each.output.findLastIndex((name) => read.has(name));
    if (last < 0) continue;
    for (const name of each.input) read.add(name);
    node.push(OPTIONAL_OUTPUTS.has(each.opType) ? { ...each, output: each.output.slice(0, last + 1) } : each);
  }
  node.reverse();
  const made = new Set(node.flatMap(({ output }) => output));
  return {
    ...graph,
    node,
    valueInfo: graph.valueInfo.filter(({ name }) => made.has(name)),
    initializer: graph.initializer.filter(({ name }) => read.has(name)),
  };
}

/** Symbols of shapes under the names that exported models usually have. */
export function withUsualSymbols(graph: Graph): Graph {
  const renamed = (dim: number | string): number | string =>
    typeof dim === "number" ? dim : dim.replace(/\b[Bn]\b/g, (symbol) => SYMBOLS[symbol]);
  const all = (values: Graph["input"]): Graph["input"] =>
    values.map(({ shape, ...rest }) => ({ ...rest, shape: shape.map(renamed) }));
  return { ...graph, input: all(graph.input), output: all(graph.output), valueInfo: all(graph.valueInfo) };
}

/** The memory of an array as bytes. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array | BigInt64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
