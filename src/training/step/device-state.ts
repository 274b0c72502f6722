import type { AdamWStep } from "../../kernels/index.ts";
import type { DeviceMemory, DeviceSession, DeviceTensor, HostTensor, Tensor } from "../../runtime/index.ts";
import { adamwGraph, adamwNames, adamwScalars } from "./adamw-graph.ts";
import { checkStartValues } from "./host-state.ts";
import { layoutOf, splitArrayName, type TrainedParameter, type TrainingState } from "./state.ts";

/** Gradients of the last batches, and Σ g² of each, in the order of the trained parameters. */
export interface DeviceGradients {
  /** By parameter. */
  readonly tensors: ReadonlyMap<string, DeviceTensor>;
  readonly squares: readonly number[];
}

/** Everything that training changes, in the memory of a device; nothing of it crosses to the host but when it is read. */
export class DeviceState implements TrainingState {
  readonly parameters: readonly TrainedParameter[];
  readonly trained: readonly TrainedParameter[];
  readonly layout: TrainingState["layout"];
  readonly #memory: DeviceMemory;
  readonly #update: DeviceSession;
  /** By the names of `layout`. */
  readonly #tensors = new Map<string, DeviceTensor>();
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  #gradients: DeviceGradients | undefined;

  private constructor(memory: DeviceMemory, update: DeviceSession, parameters: readonly TrainedParameter[]) {
    [this.#memory, this.#update, this.parameters] = [memory, update, parameters];
    this.trained = parameters.filter(({ trainable }) => trainable);
    this.layout = layoutOf(parameters);
    this.#shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  }

  /**
   * @param values - Start values by name.
   * @throws `training/bad-weights`.
   */
  static async create(
    memory: DeviceMemory,
    parameters: readonly TrainedParameter[],
    values: ReadonlyMap<string, Float32Array>,
  ): Promise<DeviceState> {
    for (const parameter of parameters) checkStartValues(parameter, values);
    const outputs = adamwGraph(parameters.filter(({ trainable }) => trainable));
    const state = new DeviceState(memory, await memory.compile(outputs, Object.keys(outputs)), parameters);
    for (const [name, length] of state.layout) {
      const { kind, parameter } = splitArrayName(name);
      await state.write(name, kind === "value" ? values.get(parameter)! : new Float32Array(length));
    }
    return state;
  }

  /** Take the gradients of an update over; those of the last one are released. */
  setGradients(gradients: DeviceGradients): void {
    this.releaseGradients();
    this.#gradients = gradients;
  }

  releaseGradients(): void {
    for (const tensor of this.#gradients?.tensors.values() ?? []) tensor.release();
    this.#gradients = undefined;
  }

  gradientSquares(): readonly number[] {
    return this.#gradients!.squares;
  }

  /** A float32 square is infinite from 1.8e19 on: far beyond any gradient that could still be trained with. */
  nonFiniteGradient(): { parameter: string; value: number } | undefined {
    const at = this.#gradients?.squares.findIndex((squares) => !Number.isFinite(squares)) ?? -1;
    return at < 0 ? undefined : { parameter: this.trained[at].name, value: this.#gradients!.squares[at] };
  }

  async update(settings: AdamWStep): Promise<void> {
    const changed = await this.#updated(settings);
    for (const [name, tensor] of Object.entries(changed)) this.#replace(name.slice("new ".length), tensor);
    this.releaseGradients();
  }

  async updateSeconds(): Promise<number> {
    const settings = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 0 };
    const run = async (): Promise<number> => {
      const started = performance.now();
      const results = await this.#updated(settings);
      // the device works on after the call; reading one result waits for it
      await this.#memory.download(Object.values(results)[0]);
      const seconds = (performance.now() - started) / 1000;
      for (const tensor of Object.values(results)) tensor.release();
      return seconds;
    };
    await run();
    return run();
  }

  async #updated(settings: AdamWStep): Promise<Readonly<Record<string, DeviceTensor>>> {
    const feeds: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(adamwScalars(settings))) {
      feeds[name] = { dtype: "float", shape: [], data: Float32Array.of(value) };
    }
    for (const { name } of this.trained) {
      const names = adamwNames(name);
      for (const each of [names.value, names.m, names.v]) feeds[each] = this.#tensors.get(each)!;
      feeds[names.gradient] = this.#gradients!.tensors.get(name)!;
    }
    return (await this.#update.run(feeds)).kept;
  }

  #replace(name: string, tensor: DeviceTensor): void {
    this.#tensors.get(name)?.release();
    this.#tensors.set(name, tensor);
  }

  feeds(): Record<string, DeviceTensor> {
    return Object.fromEntries(this.parameters.map(({ name }) => [name, this.#tensors.get(adamwNames(name).value)!]));
  }

  async read(name: string): Promise<Float32Array> {
    return (await this.#memory.download(this.#tensors.get(name)!)).data as Float32Array;
  }

  async write(name: string, data: Float32Array): Promise<void> {
    const shape = this.#shapes.get(splitArrayName(name).parameter)!;
    const tensor: HostTensor = { dtype: "float", shape, data };
    this.#replace(name, await this.#memory.upload(tensor));
  }

  async snapshot(): Promise<Map<string, Float32Array>> {
    const values = new Map<string, Float32Array>();
    for (const { name } of this.parameters) values.set(name, await this.read(adamwNames(name).value));
    return values;
  }

  async restore(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const { name } of this.parameters) await this.write(adamwNames(name).value, values.get(name)!);
  }

  async release(): Promise<void> {
    this.releaseGradients();
    for (const tensor of this.#tensors.values()) tensor.release();
    await this.#update.release();
  }
}
