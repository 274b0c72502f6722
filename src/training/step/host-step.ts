import { expectedGot } from "../../errors/index.ts";
import {
  type AnyArray,
  type Bindings,
  bindShape,
  bytesOfDType,
  type DType,
  elements,
  type FedInput,
  gradients,
  type Node,
  peakBytes,
  verify,
} from "../../graph/index.ts";
import { Arena, type Kernels } from "../../kernels/index.ts";
import { dropoutRate, foldKey } from "../../random/index.ts";
import type { HostTensor, Session } from "../../runtime/index.ts";
import { addRows } from "./add-rows.ts";
import { HostState } from "./host-state.ts";
import { checkNoRowsLeft, splitGradient } from "./split-gradient.ts";
import {
  type DropoutKey,
  dropoutSite,
  type StepContext,
  type TrainingGraph,
  type TrainStep,
  type TrainStepOptions,
} from "./train-step.ts";

/** One forward and backward pass; gradients land in the state's arrays. */
export class HostTrainStep<Context extends StepContext> implements TrainStep<Context> {
  readonly state: HostState;
  readonly #session: Session;
  readonly #inputs: readonly FedInput<Context>[];
  readonly #gradients: GradientOutputs;

  private constructor(
    state: HostState,
    session: Session,
    inputs: readonly FedInput<Context>[],
    gradientOutputs: GradientOutputs,
  ) {
    [this.state, this.#session, this.#inputs, this.#gradients] = [state, session, inputs, gradientOutputs];
  }

  /**
   * Differentiate a loss and make it ready to run.
   *
   * Gradients of embedding tables come out of the graph as rows and are added up here, in order: a scatter-add inside ONNX Runtime
   * loses updates between its threads.
   * @throws `graph/…`, `training/row-gradient`, `training/bad-weights`, `kernels/out-of-memory`.
   */
  static async create<Context extends StepContext>(
    graph: TrainingGraph<Context>,
    options: TrainStepOptions,
  ): Promise<HostTrainStep<Context>> {
    const outputs = differentiate(graph, options);
    const session = await options.runtime.compile({
      loss: graph.loss,
      ...Object.fromEntries([...outputs.dense].map(([name, node]) => [`gradient ${name}`, node])),
      ...Object.fromEntries(outputs.rows),
    });
    const read = new Set(session.inputs.map(({ name }) => name));
    for (const parts of outputs.tables.values()) for (const { ids } of parts) read.add(ids);
    const inputs = graph.inputs.filter(({ node }) => read.has(node.attrs.name as string));
    const scratch = [...inputs.map(({ node }) => node), ...outputs.rows.values()];
    const state = new HostState(options.parameters, options.values, {
      scratch: options.largest.map((bindings) => scratch.map((node) => bytesOf(node, bindings))),
      accumulates: options.accumulates ?? true,
    });
    return new HostTrainStep(state, session, inputs, outputs);
  }

  async run(contexts: readonly Context[], key: DropoutKey): Promise<number> {
    const { memory, trained } = this.state;
    // Tables collect rows, so they start from zero; all other gradients are overwritten.
    // (All of a table: 0.9 ms for 30,522 × 384, too little to keep track of the rows that were touched.)
    for (const { name, gradient } of trained) if (!this.#gradients.dense.has(name)) gradient.array.fill(0);
    let loss = 0;
    for (const [at, context] of contexts.entries()) {
      const mark = memory.mark();
      try {
        loss += await this.#runOne(context, key, at);
      } finally {
        memory.release(mark);
      }
    }
    return loss;
  }

  async #runOne(context: Context, key: DropoutKey, batch: number): Promise<number> {
    const { arrays, trained } = this.state;
    const feeds = this.state.feeds();
    for (const { node, fill } of this.#inputs) {
      const name = node.attrs.name as string;
      const shape = bindShape(node.shape, context.bindings);
      const { kernels, pointer, data } = this.#take(name, node.dtype, elements(shape));
      if (fill.kind === "values") fill.write(data, context);
      else {
        kernels.dropoutKept(
          pointer,
          data.length,
          foldKey({ ...key, site: dropoutSite(name, batch) }),
          0,
          dropoutRate(fill.probability),
        );
      }
      feeds[name] = { dtype: node.dtype, shape, data } as HostTensor;
    }

    const into: Record<string, HostTensor> = {};
    const added: (() => void)[] = [];
    for (const { name, shape, kernels, gradient, part } of trained) {
      if (!this.#gradients.dense.has(name)) continue;
      if (batch === 0) into[`gradient ${name}`] = { dtype: "float", shape, data: gradient.array };
      else {
        if (!part)
          throw expectedGot("training/batches", "step", "one batch an update, as it was created for", `batch ${batch + 1}`);
        into[`gradient ${name}`] = { dtype: "float", shape, data: part.array };
        added.push(() => kernels.addInto(gradient.pointer, part.pointer, part.array.length));
      }
    }
    for (const [name, node] of this.#gradients.rows) {
      const shape = bindShape(node.shape, context.bindings);
      into[name] = { dtype: "float", shape, data: this.#take(name, "float", elements(shape)).data } as HostTensor;
    }

    const session = this.#session;
    const wanted = Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name]]));
    const { loss } = await session.run(wanted, into);

    for (const add of added) add();
    for (const [name, parts] of this.#gradients.tables) {
      const { shape, gradient } = arrays.get(name)!;
      for (const { rows, ids } of parts)
        addRows(gradient!.array, into[rows].data as Float32Array, feeds[ids].data as Int32Array, elements(shape.slice(1)));
    }
    return (loss.data as Float32Array)[0];
  }

  /** Scratch memory of any dtype. */
  #take(name: string, dtype: DType, size: number): { kernels: Kernels; pointer: number; data: AnyArray } {
    const count = Math.ceil((size * bytesOfDType[dtype]) / 4);
    const { arena, kernels } = this.state.memory.place(Arena.bytesFor([count]));
    const { pointer } = arena.allocateF32(name, count);
    const { buffer } = arena.memory;
    const make = {
      float: () => new Float32Array(buffer, pointer, size),
      int32: () => new Int32Array(buffer, pointer, size),
      int64: () => new BigInt64Array(buffer, pointer, size),
      bool: () => new Uint8Array(buffer, pointer, size),
      uint8: () => new Uint8Array(buffer, pointer, size),
    };
    return { kernels, pointer, data: make[dtype]() as AnyArray };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** Loss and gradients as the runtime shall compute them. */
function differentiate<Context>(
  graph: TrainingGraph<Context>,
  { parameters, gradientCheckpointing }: Pick<TrainStepOptions, "parameters" | "gradientCheckpointing">,
): GradientOutputs {
  const trainable = new Set(parameters.filter((p) => p.trainable).map(({ name }) => name));
  const targets = graph.parameters.filter(({ attrs }) => trainable.has(attrs.name as string));
  const built = gradients(graph.loss, targets, { checkpoints: gradientCheckpointing ? graph.checkpoints : [] });
  verify([graph.loss, ...built]);
  return gradientOutputs(new Map(built.map((gradient, i) => [targets[i].attrs.name as string, gradient])));
}

/**
 * About the memory that a step takes in all: weights, gradients and moments; what is fed, dropout masks among it; and the values of
 * the graph while it is computed.
 *
 * @param options.accumulates - As in `createTrainStep`; default true.
 * @returns Bytes by a batch's bindings.
 */
export function stepBytes<Context>(
  graph: TrainingGraph<Context>,
  options: Pick<TrainStepOptions, "parameters" | "gradientCheckpointing" | "accumulates">,
): (bindings: Bindings) => number {
  const { dense, rows } = differentiate(graph, options);
  const roots = [graph.loss, ...dense.values(), ...rows.values()];
  const copies = options.accumulates === false ? 4 : 5;
  const own = options.parameters.reduce((sum, { shape, trainable }) => sum + 4 * (trainable ? copies : 1) * elements(shape), 0);
  const scratch = [...graph.inputs.map(({ node }) => node), ...rows.values()];
  return (bindings) => {
    const fed = scratch.reduce((sum, node) => sum + bytesOf(node, bindings), 0);
    // an allocator leaves gaps: a tenth to an eighth more was measured for three encoders (bench/memory.ts)
    return own + fed + 1.15 * peakBytes(roots, bindings);
  };
}

/** What the runtime computes for the gradients, and how tables are put together from it. */
interface GradientOutputs {
  /** By parameter; tables of which all is rows have none. */
  readonly dense: ReadonlyMap<string, Node>;
  /** By output name. Two tables that are read for the same sum (words and token types) share one. */
  readonly rows: ReadonlyMap<string, Node>;
  /** By parameter: the outputs that hold rows, and the inputs that hold their ids. */
  readonly tables: ReadonlyMap<string, readonly { readonly rows: string; readonly ids: string }[]>;
}

function gradientOutputs(built: ReadonlyMap<string, Node>): GradientOutputs {
  const dense = new Map<string, Node>();
  const tables = new Map<string, { rows: string; ids: string }[]>();
  const rowNames = new Map<Node, string>();
  for (const [name, gradient] of built) {
    const parts = splitGradient(gradient, name);
    if (parts.dense) dense.set(name, parts.dense);
    for (const { rows, ids } of parts.rows) {
      if (!rowNames.has(rows)) rowNames.set(rows, `rows ${rowNames.size}`);
      tables.set(name, [...(tables.get(name) ?? []), { rows: rowNames.get(rows)!, ids: ids.attrs.name as string }]);
    }
  }
  checkNoRowsLeft(dense);
  return { dense, rows: new Map([...rowNames].map(([node, name]) => [name, node])), tables };
}

const bytesOf = ({ shape, dtype }: Node, bindings: Bindings): number =>
  Arena.bytesFor([Math.ceil((elements(bindShape(shape, bindings)) * bytesOfDType[dtype]) / 4)]);
