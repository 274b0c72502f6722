import type { BatchContext } from "../batch/index.ts";
import { type AnyArray, allocate, bindShape, elements, input, type Node, substitute, topological } from "../graph/index.ts";
import { type HostTensor, interpret, type Runtime } from "../runtime/index.ts";
import type { ModelGraph } from "./model-graph.ts";

export type Feeds = Record<string, HostTensor>;

/** A padded batch of the given token ids; every setting can be given. */
export function contextOf(rows: readonly (readonly number[])[], settings: Partial<BatchContext> = {}, padding = 0): BatchContext {
  const n = Math.max(...rows.map((row) => row.length)) + padding;
  return {
    bindings: { B: rows.length, n },
    lengths: Int32Array.from(rows, (row) => row.length),
    examples: Int32Array.from(rows, (_, at) => at),
    inputIds: Int32Array.from(rows.flatMap((row) => [...row, ...Array<number>(n - row.length).fill(0)])),
    tokenTypeIds: new Int32Array(rows.length * n),
    labels: new Int32Array(rows.length),
    seed: 0,
    step: 0,
    training: false,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: rows.length,
    ...settings,
  };
}

/**
 * Parameters and inputs of a graph for one batch.
 *
 * @param weights - By parameter name.
 * @param masks - Dropout masks by site, e.g. `layer.0.feedForward`.
 */
export function feedsOf(
  graph: Pick<ModelGraph, "parameters" | "inputs">,
  context: BatchContext,
  weights: (name: string) => Float32Array,
  masks: (site: string) => Float32Array = (site) => {
    throw new Error(`no mask for ${site}`);
  },
): Feeds {
  const all: Feeds = {};
  for (const node of graph.parameters) {
    const name = node.attrs.name as string;
    all[name] = { dtype: "float", shape: node.shape as number[], data: weights(name) };
  }
  for (const { node, fill } of graph.inputs) {
    const name = node.attrs.name as string;
    const shape = bindShape(node.shape, context.bindings);
    if (fill.kind === "dropout") {
      const data = masks(name.replace(/^dropout\./, ""));
      const { B, n } = context.bindings;
      // PyTorch has one of all pairs, where the graph draws for listed blocks
      const ofPairs = data.length === elements(shape) ? shape : [B, shape[1], n, n];
      all[name] = { dtype: "float", shape: ofPairs, data };
      continue;
    }
    const data = allocate[node.dtype](elements(shape));
    fill.write(leftOver(data), context);
    all[name] = { dtype: node.dtype, shape, data } as HostTensor;
  }
  return all;
}

/** As a trainer's memory is: full of what stood there before, so that whoever writes an input must write all of it. */
const leftOver = (data: AnyArray): AnyArray => (data instanceof BigInt64Array ? data.fill(1n) : (data as Float32Array).fill(1));

/**
 * The outputs with dropout masks of PyTorch's weights, `1 / (1 - p)`, where the graph has bytes and a p that is rounded to 2⁻¹⁶; of all pairs
 * where the graph spreads what it drew for listed blocks.
 */
function withWeights<Name extends string>(outputs: Readonly<Record<Name, Node>>): Readonly<Record<Name, Node>> {
  const names = Object.keys(outputs) as Name[];
  const roots = names.map((name) => outputs[name]);
  const isMask = ({ op, dtype }: Node): boolean => op === "input" && dtype === "uint8";
  const nodes = topological(roots);
  const spread = nodes.filter(({ op, inputs: [mask] }) => op === "pairsOfSlots" && isMask(mask));
  const ofSlots = new Set(spread.map(({ inputs: [mask] }) => mask));
  const weights = [
    ...nodes.filter((node) => isMask(node) && !ofSlots.has(node)).map((mask) => [mask, mask] as const),
    ...spread.map((pairs) => [pairs, pairs.inputs[0]] as const),
  ].map(([node, mask]) => [node, input(mask.attrs.name as string, node.shape)] as const);
  const made = substitute(roots, new Map(weights));
  return Object.fromEntries(names.map((name, at) => [name, made[at]])) as Record<Name, Node>;
}

/** A graph that is compiled once and computes any number of batches. */
export interface Computer<Name extends string> {
  compute(given: Feeds, bindings: BatchContext["bindings"]): Promise<Record<Name, ArrayLike<number>>>;
  release(): Promise<void>;
}

/** On the float64 interpreter, or on a runtime; where that leaves embedding gradients as rows, they are added up here. */
export async function computerOn<Name extends string>(
  runtime: Runtime | "float64",
  graph: Readonly<Record<Name, Node>>,
): Promise<Computer<Name>> {
  const outputs = withWeights(graph);
  const names = Object.keys(outputs) as Name[];
  if (runtime === "float64") {
    return {
      async compute(given, bindings) {
        const plain = Object.entries(given).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]);
        const out = interpret(outputs, Object.fromEntries(plain), bindings);
        const results = names.map((name): [Name, ArrayLike<number>] => [name, out[name].data]);
        return Object.fromEntries(results) as Record<Name, ArrayLike<number>>;
      },
      release: async () => {},
    };
  }
  const parts = new Map<Name, Node[]>();
  const asked: Record<string, Node> = {};
  for (const name of names) {
    const all = runtime.device === "webgpu" ? [outputs[name]] : summands(outputs[name]);
    parts.set(name, all);
    all.forEach((part, at) => {
      asked[`${name}#${at}`] = isRows(part, runtime) ? part.inputs[0] : part;
    });
  }
  const session = await runtime.compile(asked);
  return {
    async compute(given, bindings) {
      const out = await session.run(Object.fromEntries(session.inputs.map(({ name }) => [name, given[name]])));
      const results = Array.from(parts, ([name, all]): [Name, ArrayLike<number>] => {
        const values = all.map((part, at) => {
          const data = out[`${name}#${at}`].data as Float32Array;
          return isRows(part, runtime) ? addedRows(data, part, given, bindings) : data;
        });
        const [first] = values;
        return [name, values.length === 1 ? first : Float64Array.from(first, (_, i) => values.reduce((sum, v) => sum + v[i], 0))];
      });
      return Object.fromEntries(results) as Record<Name, ArrayLike<number>>;
    },
    release: () => session.release(),
  };
}

/** The same for one batch. */
export async function computeOn<Name extends string>(
  runtime: Runtime | "float64",
  graph: Readonly<Record<Name, Node>>,
  given: Feeds,
  bindings: BatchContext["bindings"],
): Promise<Record<Name, ArrayLike<number>>> {
  const computer = await computerOn(runtime, graph);
  const results = await computer.compute(given, bindings);
  await computer.release();
  return results;
}

/** A gradient that the runtime leaves as rows. */
const isRows = (node: Node, runtime: Runtime): boolean => node.op === "scatterRows" && runtime.device !== "webgpu";

/** Where rows are one term of a sum, its terms: a table that is an output layer's weight too has both kinds. */
function summands(node: Node): Node[] {
  if (node.op !== "add") return [node];
  const all = node.inputs.flatMap(summands);
  return all.some(({ op }) => op === "scatterRows") ? all : [node];
}

function addedRows(rows: Float32Array, node: Node, given: Feeds, bindings: BatchContext["bindings"]): Float64Array {
  const table = new Float64Array(elements(bindShape(node.shape, bindings)));
  const ids = given[node.inputs[1].attrs.name as string].data as Int32Array;
  const width = rows.length / ids.length;
  ids.forEach((id, row) => {
    for (let i = 0; i < width; i++) table[id * width + i] += rows[row * width + i];
  });
  return table;
}
