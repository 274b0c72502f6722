import { CrispError } from "../errors/index.ts";
import {
  type AnyArray,
  type Bindings,
  bindShape,
  type DType,
  elements,
  type FedInput,
  gradients,
  type Node,
  verify,
} from "../graph/index.ts";
import { Arena } from "../kernels/index.ts";
import { dropoutRate, foldKey } from "../random/index.ts";
import type { HostTensor, Runtime, Session } from "../runtime/index.ts";
import { type TrainedParameter, TrainingState } from "./state.ts";

/** What a step must know of a batch; builders of graphs add what their inputs are filled from. */
export interface StepContext {
  /** What the symbols in shapes stand for. */
  readonly bindings: Bindings;
}

/** A loss to train, as the builder of a graph hands it over. */
export interface TrainingGraph<Context> {
  /** float [], already divided by the number of examples of the whole update. */
  readonly loss: Node;
  readonly parameters: readonly Node[];
  readonly inputs: readonly FedInput<Context>[];
}

const bytesPer: Readonly<Record<DType, number>> = { float: 4, int32: 4, int64: 8, bool: 1 };

/** One forward and backward pass; gradients land in the state's arrays. */
export class TrainStep<Context extends StepContext> {
  readonly state: TrainingState;
  readonly #session: Session;
  readonly #inputs: readonly FedInput<Context>[];
  readonly #rows: ReadonlyMap<string, RowGradient>;
  readonly #rowOutputs: ReadonlyMap<string, Node>;

  private constructor(
    state: TrainingState,
    session: Session,
    inputs: readonly FedInput<Context>[],
    rows: ReadonlyMap<string, RowGradient>,
    rowOutputs: ReadonlyMap<string, Node>,
  ) {
    [this.state, this.#session, this.#inputs, this.#rows, this.#rowOutputs] = [state, session, inputs, rows, rowOutputs];
  }

  /**
   * Differentiate a loss and make it ready to run.
   *
   * Gradients of embedding tables come out of the graph as rows and are added up here, in order: a scatter-add inside ONNX Runtime
   * loses updates between its threads.
   *
   * @param graph - Loss, parameters, inputs.
   * @param options.parameters - What is trained; by name those of the graph.
   * @param options.values - Start values by name.
   * @param options.largest - Bindings of the largest batches that will come, one or several: they size the memory.
   * @throws `graph/…`, `training/bad-weights`, `kernels/out-of-memory`.
   */
  static async create<Context extends StepContext>(
    graph: TrainingGraph<Context>,
    options: {
      readonly runtime: Runtime;
      readonly parameters: readonly TrainedParameter[];
      readonly values: ReadonlyMap<string, Float32Array>;
      readonly largest: readonly Bindings[];
    },
  ): Promise<TrainStep<Context>> {
    const trainable = new Set(options.parameters.filter((p) => p.trainable).map(({ name }) => name));
    const targets = graph.parameters.filter(({ attrs }) => trainable.has(attrs.name as string));
    const built = gradients(graph.loss, targets);
    verify([graph.loss, ...built]);

    const outputs: Record<string, Node> = { loss: graph.loss };
    const rows = new Map<string, RowGradient>();
    const rowOutputs = new Map<string, Node>();
    built.forEach((gradient, i) => {
      const name = targets[i].attrs.name as string;
      if (gradient.op !== "scatterRows") outputs[`gradient ${name}`] = gradient;
      else rows.set(name, rowGradient(gradient, name, rowOutputs));
    });
    for (const [name, node] of rowOutputs) outputs[name] = node;

    const session = await options.runtime.compile(outputs);
    const read = new Set(session.inputs.map(({ name }) => name));
    for (const { ids } of rows.values()) read.add(ids);
    const inputs = graph.inputs.filter(({ node }) => read.has(node.attrs.name as string));
    const scratch = [...inputs.map(({ node }) => node), ...rowOutputs.values()];
    const scratchBytes = Math.max(0, ...options.largest.map((bindings) => bytesOf(scratch, bindings)));
    const state = new TrainingState(options.parameters, options.values, scratchBytes + accumulationBytes(options.parameters));
    return new TrainStep(state, session, inputs, rows, rowOutputs);
  }

  /**
   * Compute loss and gradients of one update.
   *
   * @param contexts - One batch, or several whose gradients are added up.
   * @param key - Names the dropout masks.
   * @returns The loss: the sum over the batches, each already divided by the examples of all.
   */
  async run(contexts: readonly Context[], key: { readonly seed: number; readonly step: number }): Promise<number> {
    const { arena, kernels, trained } = this.state;
    // Tables collect rows, so they start from zero; all other gradients are overwritten.
    for (const { name, gradient } of trained) if (this.#rows.has(name)) kernels.zero(gradient.pointer, gradient.array.length);
    let loss = 0;
    for (const [at, context] of contexts.entries()) {
      const mark = arena.mark();
      loss += await this.#runOne(context, key, at);
      arena.release(mark);
    }
    return loss;
  }

  async #runOne(context: Context, key: { readonly seed: number; readonly step: number }, batch: number): Promise<number> {
    const { arena, kernels, parameters, trained } = this.state;
    const feeds: Record<string, HostTensor> = {};
    const pointers = new Map<string, number>();
    for (const [name, { shape, value }] of parameters) feeds[name] = { dtype: "float", shape, data: value.array };
    for (const { node, fill } of this.#inputs) {
      const name = node.attrs.name as string;
      const shape = bindShape(node.shape, context.bindings);
      const { pointer, data } = this.#take(name, node.dtype, elements(shape));
      if (fill.kind === "values") fill.write(data, context);
      else {
        // batch 0 has the plain name, so that accumulation changes nothing for those who do not use it
        const site = batch === 0 ? name : `${name}#${batch}`;
        kernels.dropoutMask(pointer, data.length, foldKey({ ...key, site }), 0, dropoutRate(fill.probability));
      }
      feeds[name] = { dtype: node.dtype, shape, data } as HostTensor;
      pointers.set(name, pointer);
    }

    const into: Record<string, HostTensor> = {};
    const added: { from: number; to: number; count: number }[] = [];
    for (const { name, shape, gradient } of trained) {
      if (this.#rows.has(name)) continue;
      if (batch === 0) into[`gradient ${name}`] = { dtype: "float", shape, data: gradient.array };
      else {
        const part = arena.allocateF32(`${name} part`, gradient.array.length);
        into[`gradient ${name}`] = { dtype: "float", shape, data: part.array };
        added.push({ from: part.pointer, to: gradient.pointer, count: part.array.length });
      }
    }
    for (const [name, node] of this.#rowOutputs) {
      const shape = bindShape(node.shape, context.bindings);
      const { pointer, data } = this.#take(name, "float", elements(shape));
      into[name] = { dtype: "float", shape, data } as HostTensor;
      pointers.set(name, pointer);
    }

    const session = this.#session;
    const wanted = Object.fromEntries(session.inputs.map(({ name }) => [name, feeds[name]]));
    const { loss } = await session.run(wanted, into);

    for (const { from, to, count } of added) kernels.addInto(to, from, count);
    for (const [name, { rows, ids }] of this.#rows) {
      const { shape, gradient } = parameters.get(name)!;
      const [tableRows, width] = [shape[0], elements(shape.slice(1))];
      kernels.addRows(gradient!.pointer, pointers.get(rows)!, pointers.get(ids)!, feeds[ids].data.length, width, tableRows);
    }
    return (loss.data as Float32Array)[0];
  }

  /** Scratch memory of any dtype. */
  #take(name: string, dtype: DType, size: number): { pointer: number; data: AnyArray } {
    const { arena } = this.state;
    const { pointer } = arena.allocateF32(name, Math.ceil((size * bytesPer[dtype]) / 4));
    const { buffer } = arena.memory;
    const make = {
      float: () => new Float32Array(buffer, pointer, size),
      int32: () => new Int32Array(buffer, pointer, size),
      int64: () => new BigInt64Array(buffer, pointer, size),
      bool: () => new Uint8Array(buffer, pointer, size),
    };
    return { pointer, data: make[dtype]() as AnyArray };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** The gradient of a table as rows: names of the output that holds them and of the input that holds their ids. */
interface RowGradient {
  readonly rows: string;
  readonly ids: string;
}

/** Two tables that are read for the same sum (words and token types) share one output. */
function rowGradient(gradient: Node, table: string, outputs: Map<string, Node>): RowGradient {
  const [rows, ids] = gradient.inputs;
  if (ids.op !== "input") {
    throw new CrispError("training/ids", `training, ${table}: expected ids that are an input of the graph, got ${ids.op}.`);
  }
  const known = [...outputs].find(([, node]) => node === rows);
  const name = known?.[0] ?? `rows ${outputs.size}`;
  outputs.set(name, rows);
  return { rows: name, ids: ids.attrs.name as string };
}

const bytesOf = (nodes: readonly Node[], bindings: Bindings): number =>
  Arena.bytesFor(nodes.map(({ shape, dtype }) => Math.ceil((elements(bindShape(shape, bindings)) * bytesPer[dtype]) / 4)));

/** Second and later batches of an update need gradients of their own; memory that is never written costs nothing. */
const accumulationBytes = (parameters: readonly TrainedParameter[]): number =>
  Arena.bytesFor(parameters.filter(({ trainable }) => trainable).map(({ shape }) => elements(shape)));
