import {
  add,
  allocate,
  bindShape,
  dropoutMask,
  elements,
  type FedInput,
  gradients,
  input,
  mul,
  type Node,
  parameter,
  select,
  stack,
  substitute,
  sumAll,
  sumTo,
  verify,
} from "../../graph/index.ts";
import { foldKey } from "../../random/index.ts";
import type { DeviceMemory, DeviceSession, DeviceTensor, HostTensor, Tensor } from "../../runtime/index.ts";
import { DeviceState } from "./device-state.ts";
import type { TrainedParameter } from "./state.ts";
import {
  type DropoutKey,
  dropoutSite,
  type StepContext,
  type TrainingGraph,
  type TrainStep,
  type TrainStepOptions,
} from "./train-step.ts";

/** int32 [sites, 2]: the key of each dropout mask. */
const KEYS = "dropout.keys";

/** One forward and backward pass on a device: dropout masks are drawn there, gradients stay there. */
export class DeviceTrainStep<Context extends StepContext> implements TrainStep<Context> {
  readonly state: DeviceState;
  readonly #memory: DeviceMemory;
  readonly #session: DeviceSession;
  readonly #inputs: readonly FedInput<Context>[];
  /** Names of the dropout masks, in the order of their keys. */
  readonly #sites: readonly string[];
  /** Adds the gradients of two batches; compiled when first needed. */
  #sum: Promise<DeviceSession> | undefined;

  private constructor(parts: {
    readonly state: DeviceState;
    readonly memory: DeviceMemory;
    readonly session: DeviceSession;
    readonly inputs: readonly FedInput<Context>[];
    readonly sites: readonly string[];
  }) {
    this.state = parts.state;
    this.#memory = parts.memory;
    this.#session = parts.session;
    this.#inputs = parts.inputs;
    this.#sites = parts.sites;
  }

  /** Differentiate a loss and make it ready to run; throws as `createTrainStep`. */
  static async create<Context extends StepContext>(
    graph: TrainingGraph<Context>,
    {
      memory,
      parameters,
      values,
      gradientCheckpointing = false,
    }: Omit<TrainStepOptions, "runtime" | "largest"> & { readonly memory: DeviceMemory },
  ): Promise<DeviceTrainStep<Context>> {
    const { loss, checkpoints, sites } = withDrawnMasks(graph);
    const trained = new Map(graph.parameters.map((node) => [node.attrs.name as string, node]));
    const targets = parameters.filter(({ trainable }) => trainable).map(({ name }) => trained.get(name)!);
    const built = gradients(loss, targets, { checkpoints: gradientCheckpointing ? checkpoints : [] });
    verify([loss, ...built]);
    const outputs = Object.fromEntries(built.map((gradient, i) => [`gradient ${targets[i].attrs.name}`, gradient]));
    const session = await memory.compile({ loss, squares: squaresOf(built), ...outputs }, Object.keys(outputs));
    const read = new Set(session.inputs.map(({ name }) => name));
    const inputs = graph.inputs.filter(({ node }) => read.has(node.attrs.name as string));
    const state = await DeviceState.create(memory, parameters, values);
    return new DeviceTrainStep({ state, memory, session, inputs, sites });
  }

  async run(contexts: readonly Context[], key: DropoutKey): Promise<number> {
    this.state.releaseGradients();
    let loss = 0;
    let gradient: Gradient | undefined;
    for (const [batch, context] of contexts.entries()) {
      const { host, kept } = await this.#session.run(this.#feeds(context, key, batch));
      loss += (host.loss.data as Float32Array)[0];
      const next: Gradient = { kept, squares: host.squares };
      gradient = gradient ? await this.#added(gradient, next) : next;
    }
    const { kept, squares } = gradient!;
    const tensors = this.state.trained.map(({ name }): [string, DeviceTensor] => [name, kept[`gradient ${name}`]]);
    this.state.setGradients({ tensors: new Map(tensors), squares: Array.from(squares.data as Float32Array) });
    return loss;
  }

  #feeds(context: Context, key: DropoutKey, batch: number): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = this.state.feeds();
    for (const { node, fill } of this.#inputs) {
      if (fill.kind !== "values") continue;
      const shape = bindShape(node.shape, context.bindings);
      const data = allocate[node.dtype](elements(shape));
      fill.write(data, context);
      feeds[node.attrs.name as string] = { dtype: node.dtype, shape, data } as HostTensor;
    }
    const words = this.#sites.flatMap((name) => {
      const { key0, key1 } = foldKey({ ...key, site: dropoutSite(name, batch) });
      return [key0, key1];
    });
    feeds[KEYS] = { dtype: "int32", shape: [this.#sites.length, 2], data: Int32Array.from(words, (word) => word | 0) };
    return feeds;
  }

  async #added(a: Gradient, b: Gradient): Promise<Gradient> {
    this.#sum ??= compileSum(this.#memory, this.state.trained);
    const feeds: Record<string, Tensor> = {};
    for (const name of Object.keys(a.kept)) [feeds[`a ${name}`], feeds[`b ${name}`]] = [a.kept[name], b.kept[name]];
    const { host, kept } = await (await this.#sum).run(feeds);
    for (const tensor of [...Object.values(a.kept), ...Object.values(b.kept)]) tensor.release();
    return { kept, squares: host.squares };
  }

  async release(): Promise<void> {
    await this.state.release();
    await (await this.#sum)?.release();
    await this.#session.release();
  }
}

interface Gradient {
  readonly kept: Readonly<Record<string, DeviceTensor>>;
  readonly squares: HostTensor;
}

/** Loss and checkpoints with dropout masks drawn in the graph instead of fed. */
function withDrawnMasks<Context>({ loss, inputs, checkpoints = [] }: TrainingGraph<Context>): {
  loss: Node;
  checkpoints: readonly Node[];
  sites: string[];
} {
  const masks = inputs.flatMap(({ node, fill }) => (fill.kind === "dropout" ? [{ node, probability: fill.probability }] : []));
  if (masks.length === 0) return { loss, checkpoints, sites: [] };
  const keys = input(KEYS, [masks.length, 2], "int32");
  const drawn = masks.map(
    ({ node, probability }, at) => [node, dropoutMask(select(keys, 0, at), node.shape, probability)] as const,
  );
  const [drawnLoss, ...drawnCheckpoints] = substitute([loss, ...checkpoints], new Map(drawn));
  return { loss: drawnLoss, checkpoints: drawnCheckpoints, sites: masks.map(({ node }) => node.attrs.name as string) };
}

/** Σ g² of each gradient, [P]; row by row first, as a device sums many short rows faster than one long one. */
const squaresOf = (built: readonly Node[]): Node =>
  stack(
    built.map((gradient) => {
      const squares = mul(gradient, gradient);
      return sumAll(gradient.shape.length > 1 ? sumTo(squares, [...gradient.shape.slice(0, -1), 1]) : squares);
    }),
  );

function compileSum(memory: DeviceMemory, trained: readonly TrainedParameter[]): Promise<DeviceSession> {
  const sums = trained.map(({ name, shape }): [string, Node] => {
    const named = `gradient ${name}`;
    return [named, add(parameter(`a ${named}`, shape), parameter(`b ${named}`, shape))];
  });
  const squares = squaresOf(sums.map(([, node]) => node));
  return memory.compile(
    { squares, ...Object.fromEntries(sums) },
    sums.map(([name]) => name),
  );
}
