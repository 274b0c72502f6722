import type { AdamWStep } from "../../kernels/index.ts";
import type { Tensor } from "../../runtime/index.ts";

/** A parameter as a trainer sees it. */
export interface TrainedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** False keeps it as it is, at no cost. */
  readonly trainable: boolean;
  /** Factor of the learning rate; default 1. */
  readonly rate?: number;
}

/** Named arrays that a checkpoint holds. */
export interface StoredArrays {
  /** Name and length of each, in the order of the file: `value <p>` of all parameters, then `m <p>` and `v <p>` of those trained. */
  readonly layout: readonly (readonly [name: string, length: number])[];
  /** May be a view that the next update changes. */
  read(name: string): Promise<Float32Array>;
  write(name: string, data: Float32Array): Promise<void>;
}

/** Everything that training changes, in host memory (`HostState`) or on a device (`DeviceState`). */
export interface TrainingState extends StoredArrays {
  readonly parameters: readonly TrainedParameter[];
  /** Parameters that are trained, in order. */
  readonly trained: readonly TrainedParameter[];
  /** Σ g² of each trained parameter, of the last batch or batches. */
  gradientSquares(): readonly number[];
  /** The first trained parameter whose gradient has a NaN or an infinity, and which. */
  nonFiniteGradient(): { readonly parameter: string; readonly value: number } | undefined;
  /** One AdamW update; the weight decay reaches the parameters that decay. */
  update(step: AdamWStep): Promise<void>;
  /** How long an update takes; changes nothing. */
  updateSeconds(): Promise<number>;
  /** Parameter values as sessions take them; ask again after each update. */
  feeds(): Readonly<Record<string, Tensor>>;
  /** A copy of all values, by name. */
  snapshot(): Promise<Map<string, Float32Array>>;
  restore(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  release(): Promise<void>;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** `value`, `m` or `v`, and the parameter. */
export function splitArrayName(name: string): { readonly kind: "value" | "m" | "v"; readonly parameter: string } {
  const space = name.indexOf(" ");
  return { kind: name.slice(0, space) as "value", parameter: name.slice(space + 1) };
}

/** See `StoredArrays.layout`. */
export function layoutOf(parameters: readonly TrainedParameter[]): (readonly [string, number])[] {
  const named = (kind: string, { name, shape }: TrainedParameter) => [`${kind} ${name}`, sizeOf(shape)] as const;
  const trained = parameters.filter(({ trainable }) => trainable);
  return [...parameters.map((p) => named("value", p)), ...trained.flatMap((p) => [named("m", p), named("v", p)])];
}
