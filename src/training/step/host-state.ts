import { expectedGot } from "../../errors/index.ts";
import { type AdamWStep, Arena, type ArenaF32, type Kernels, Memory } from "../../kernels/index.ts";
import type { HostTensor } from "../../runtime/index.ts";
import { layoutOf, sizeOf, splitArrayName, type TrainedParameter, type TrainingState } from "./state.ts";

/** Arrays of one parameter, all in one arena. */
export interface ParameterArrays extends TrainedParameter {
  /** Over that arena. */
  readonly kernels: Kernels;
  readonly value: ArenaF32;
  /** Absent where not trainable. */
  readonly gradient?: ArenaF32;
  /** AdamW's first and second moment. */
  readonly m?: ArenaF32;
  readonly v?: ArenaF32;
  /** Where the gradient of a further batch is computed; only where batches are accumulated. */
  readonly part?: ArenaF32;
}

type TrainedArrays = Required<Omit<ParameterArrays, "part">> & Pick<ParameterArrays, "part">;

/** Elements on which an update is timed: past every cache. */
const TIMED = 2 ** 20;

/** What a step needs of memory beside the arrays of the parameters. */
export interface StepMemory {
  /** Bytes of the arrays that one step takes, in order, for each of the largest batches: masks, fed inputs, embedding rows. */
  readonly scratch?: readonly (readonly number[])[];
  /** Several batches make one update. */
  readonly accumulates?: boolean;
}

/** Everything that training changes, in memory that ONNX Runtime and the kernels share. */
export class HostState implements TrainingState {
  readonly memory: Memory;
  readonly arrays: ReadonlyMap<string, ParameterArrays>;
  readonly parameters: readonly TrainedParameter[];
  readonly layout: TrainingState["layout"];

  /**
   * @param parameters - All of the model's.
   * @param values - Start values by name.
   * @throws `training/bad-weights` for a missing or misshapen value; `kernels/out-of-memory`.
   */
  constructor(
    parameters: readonly TrainedParameter[],
    values: ReadonlyMap<string, Float32Array>,
    { scratch = [], accumulates = false }: StepMemory = {},
  ) {
    this.parameters = parameters;
    const groupBytes = ({ shape, trainable }: TrainedParameter): number =>
      Arena.bytesFor(new Array<number>(trainable ? (accumulates ? 5 : 4) : 1).fill(sizeOf(shape)));
    const timed = timedBytes(parameters);
    const sizes = [[timed], ...scratch].map((step) => Memory.sizeFor([...parameters.map(groupBytes), ...step]));
    this.memory = new Memory(sizes.reduce(Memory.larger));
    this.layout = layoutOf(parameters);
    this.arrays = new Map(
      parameters.map((parameter) => {
        const { name, shape, trainable } = parameter;
        const { arena, kernels } = this.memory.place(groupBytes(parameter));
        const take = (what: string): ArenaF32 => arena.allocateF32(`${name} ${what}`, sizeOf(shape));
        const value = take("value");
        checkStartValues(parameter, values);
        value.array.set(values.get(name)!);
        const rest = trainable ? { gradient: take("gradient"), m: take("m"), v: take("v") } : {};
        const part = trainable && accumulates ? { part: take("gradient of a further batch") } : {};
        return [name, { ...parameter, kernels, value, ...rest, ...part }];
      }),
    );
  }

  get trained(): TrainedArrays[] {
    return [...this.arrays.values()].filter((p): p is TrainedArrays => p.gradient !== undefined);
  }

  gradientSquares(): number[] {
    return this.trained.map(({ kernels, gradient }) => kernels.sumOfSquares(gradient.pointer, gradient.array.length));
  }

  nonFiniteGradient(): { parameter: string; value: number } | undefined {
    for (const { name, kernels, gradient } of this.trained) {
      const at = kernels.firstNonFinite(gradient.pointer, gradient.array.length);
      if (at >= 0) return { parameter: name, value: gradient.array[at] };
    }
    return undefined;
  }

  async update(settings: AdamWStep): Promise<void> {
    for (const { kernels, value, gradient, m, v, decay, rate = 1 } of this.trained) {
      kernels.adamw(
        { param: value.pointer, grad: gradient.pointer, m: m.pointer, v: v.pointer, count: value.array.length },
        { ...settings, learningRate: rate * settings.learningRate, weightDecay: decay ? settings.weightDecay : 0 },
      );
    }
  }

  /** On scratch memory. */
  async updateSeconds(): Promise<number> {
    const { memory } = this;
    const total = trainedElements(this.parameters);
    const count = timedElements(this.parameters);
    if (count === 0) return 0;
    const mark = memory.mark();
    const { arena, kernels } = memory.place(timedBytes(this.parameters));
    const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) => arena.allocateF32(name, count).pointer);
    const settings = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 0 };
    const run = (): void => kernels.adamw({ param, grad, m, v, count }, settings);
    run();
    const started = performance.now();
    run();
    const seconds = (performance.now() - started) / 1000;
    memory.release(mark);
    return (seconds / count) * total;
  }

  feeds(): Record<string, HostTensor> {
    const tensors = [...this.arrays].map(([name, { shape, value }]): [string, HostTensor] => [
      name,
      { dtype: "float", shape, data: value.array },
    ]);
    return Object.fromEntries(tensors);
  }

  async read(name: string): Promise<Float32Array> {
    return this.#array(name);
  }

  async write(name: string, data: Float32Array): Promise<void> {
    this.#array(name).set(data);
  }

  #array(name: string): Float32Array {
    const { kind, parameter } = splitArrayName(name);
    return this.arrays.get(parameter)![kind]!.array;
  }

  async snapshot(): Promise<Map<string, Float32Array>> {
    return new Map([...this.arrays].map(([name, { value }]) => [name, value.array.slice()]));
  }

  async restore(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, { value }] of this.arrays) value.array.set(values.get(name)!);
  }

  async release(): Promise<void> {}
}

const trainedElements = (parameters: readonly TrainedParameter[]): number =>
  parameters.reduce((sum, { shape, trainable }) => sum + (trainable ? sizeOf(shape) : 0), 0);

const timedElements = (parameters: readonly TrainedParameter[]): number =>
  Math.min(TIMED, Math.floor(trainedElements(parameters) / 4));

const timedBytes = (parameters: readonly TrainedParameter[]): number =>
  Arena.bytesFor(new Array<number>(4).fill(timedElements(parameters)));

/** @throws `training/bad-weights`. */
export function checkStartValues({ name, shape }: TrainedParameter, values: ReadonlyMap<string, Float32Array>): void {
  const start = values.get(name);
  if (start?.length === sizeOf(shape)) return;
  throw expectedGot("training/bad-weights", name, `${sizeOf(shape)} start values`, start?.length ?? "none");
}
