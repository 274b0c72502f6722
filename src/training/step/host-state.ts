import { expectedGot } from "../../errors/index.ts";
import { type AdamWStep, Arena, type ArenaF32, createKernels, type Kernels } from "../../kernels/index.ts";
import type { HostTensor } from "../../runtime/index.ts";
import { layoutOf, sizeOf, splitArrayName, type TrainedParameter, type TrainingState } from "./state.ts";

/** Arrays of one parameter in the arena. */
export interface ParameterArrays extends TrainedParameter {
  readonly value: ArenaF32;
  /** Absent where not trainable. */
  readonly gradient?: ArenaF32;
  /** AdamW's first and second moment. */
  readonly m?: ArenaF32;
  readonly v?: ArenaF32;
}

/** Elements on which an update is timed: past every cache. */
const TIMED = 2 ** 20;

/** Everything that training changes, in one memory that ONNX Runtime and the kernels share. */
export class HostState implements TrainingState {
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly arrays: ReadonlyMap<string, ParameterArrays>;
  readonly parameters: readonly TrainedParameter[];
  readonly layout: TrainingState["layout"];

  /**
   * @param parameters - All of the model's.
   * @param values - Start values by name.
   * @param scratchBytes - Room for what one step needs besides: masks, fed inputs, embedding rows.
   * @throws `training/bad-weights` for a missing or misshapen value; `kernels/out-of-memory`.
   */
  constructor(parameters: readonly TrainedParameter[], values: ReadonlyMap<string, Float32Array>, scratchBytes: number) {
    this.parameters = parameters;
    const counts = parameters.flatMap(({ shape, trainable }) => new Array<number>(trainable ? 4 : 1).fill(sizeOf(shape)));
    const timing = Arena.bytesFor(new Array<number>(4).fill(timedElements(parameters)));
    this.arena = new Arena({ bytes: Arena.bytesFor(counts) + Math.max(scratchBytes, timing) });
    this.kernels = createKernels(this.arena);
    this.layout = layoutOf(parameters);
    this.arrays = new Map(
      parameters.map((parameter) => {
        const { name, shape, trainable } = parameter;
        const take = (what: string): ArenaF32 => this.arena.allocateF32(`${name} ${what}`, sizeOf(shape));
        const value = take("value");
        checkStartValues(parameter, values);
        value.array.set(values.get(name)!);
        const rest = trainable ? { gradient: take("gradient"), m: take("m"), v: take("v") } : {};
        return [name, { ...parameter, value, ...rest }];
      }),
    );
  }

  get trained(): Required<ParameterArrays>[] {
    return [...this.arrays.values()].filter((p): p is Required<ParameterArrays> => p.gradient !== undefined);
  }

  gradientSquares(): number[] {
    return this.trained.map(({ gradient }) => this.kernels.sumOfSquares(gradient.pointer, gradient.array.length));
  }

  nonFiniteGradient(): { parameter: string; value: number } | undefined {
    for (const { name, gradient } of this.trained) {
      const at = this.kernels.firstNonFinite(gradient.pointer, gradient.array.length);
      if (at >= 0) return { parameter: name, value: gradient.array[at] };
    }
    return undefined;
  }

  async update(settings: AdamWStep): Promise<void> {
    for (const { value, gradient, m, v, decay } of this.trained) {
      this.kernels.adamw(
        { param: value.pointer, grad: gradient.pointer, m: m.pointer, v: v.pointer, count: value.array.length },
        { ...settings, weightDecay: decay ? settings.weightDecay : 0 },
      );
    }
  }

  /** On scratch memory. */
  async updateSeconds(): Promise<number> {
    const { arena, kernels } = this;
    const total = trainedElements(this.parameters);
    const count = timedElements(this.parameters);
    if (count === 0) return 0;
    const mark = arena.mark();
    const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) => arena.allocateF32(name, count).pointer);
    const settings = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 0 };
    const run = (): void => kernels.adamw({ param, grad, m, v, count }, settings);
    run();
    const started = performance.now();
    run();
    const seconds = (performance.now() - started) / 1000;
    arena.release(mark);
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

/** @throws `training/bad-weights`. */
export function checkStartValues({ name, shape }: TrainedParameter, values: ReadonlyMap<string, Float32Array>): void {
  const start = values.get(name);
  if (start?.length === sizeOf(shape)) return;
  throw expectedGot("training/bad-weights", name, `${sizeOf(shape)} start values`, start?.length ?? "none");
}
