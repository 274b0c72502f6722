import { expectedGot } from "../errors/index.ts";
import { Arena, type ArenaF32, createKernels, type Kernels } from "../kernels/index.ts";

/** A parameter as a trainer sees it. */
export interface TrainedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** False keeps it as it is, at no cost. */
  readonly trainable: boolean;
}

/** Arrays of one parameter in the arena. */
export interface ParameterState extends TrainedParameter {
  readonly value: ArenaF32;
  /** Absent where not trainable. */
  readonly gradient?: ArenaF32;
  /** AdamW's first and second moment. */
  readonly m?: ArenaF32;
  readonly v?: ArenaF32;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Everything that training changes, in one memory that ONNX Runtime and the kernels share. */
export class TrainingState {
  readonly arena: Arena;
  readonly kernels: Kernels;
  readonly parameters: ReadonlyMap<string, ParameterState>;

  /**
   * @param parameters - All of the model's.
   * @param values - Start values by name.
   * @param scratchBytes - Room for what one step needs besides: masks, fed inputs, embedding rows.
   * @throws `training/bad-weights` for a missing or misshapen value; `kernels/out-of-memory`.
   */
  constructor(parameters: readonly TrainedParameter[], values: ReadonlyMap<string, Float32Array>, scratchBytes: number) {
    const counts = parameters.flatMap(({ shape, trainable }) => new Array<number>(trainable ? 4 : 1).fill(sizeOf(shape)));
    this.arena = new Arena({ bytes: Arena.bytesFor(counts) + scratchBytes });
    this.kernels = createKernels(this.arena);
    this.parameters = new Map(
      parameters.map((parameter) => {
        const { name, shape, trainable } = parameter;
        const take = (what: string): ArenaF32 => this.arena.allocateF32(`${name} ${what}`, sizeOf(shape));
        const value = take("value");
        const start = values.get(name);
        if (start?.length !== value.array.length) {
          throw expectedGot("training/bad-weights", name, `${value.array.length} start values`, start?.length ?? "none");
        }
        value.array.set(start);
        const rest = trainable ? { gradient: take("gradient"), m: take("m"), v: take("v") } : {};
        return [name, { ...parameter, value, ...rest }];
      }),
    );
  }

  /** Parameters that are trained, in order. */
  get trained(): Required<ParameterState>[] {
    return [...this.parameters.values()].filter((p): p is Required<ParameterState> => p.gradient !== undefined);
  }

  /** A copy of all values, by name. */
  snapshot(): Map<string, Float32Array> {
    return new Map([...this.parameters].map(([name, { value }]) => [name, value.array.slice()]));
  }

  /** Views of all values, by name; they change as training goes on. */
  values(): Map<string, Float32Array> {
    return new Map([...this.parameters].map(([name, { value }]) => [name, value.array]));
  }

  restore(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, { value }] of this.parameters) value.array.set(values.get(name)!);
  }
}
